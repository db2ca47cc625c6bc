import { describe, expect, it } from 'vitest'
import type { MethodOption } from '../../main/contract/schemas.ts'
import {
  changedValues,
  draftsFrom,
  draftsOf,
  isChanged,
  limitsText,
  optionTitle,
  plannedSteps,
  problemOf,
  seedOf,
  valueOf,
} from './options.ts'

const rate: MethodOption = { name: 'learningRate', value: 4e-3, min: 1e-7, max: 0.1, help: '', isSimple: true }
const steps: MethodOption = { name: 'steps', value: 5, min: 0, max: 1000, integer: true, help: '', isSimple: true }
const bias: MethodOption = { name: 'bias', value: true, help: '', isSimple: false }
const scope: MethodOption = { name: 'scope', value: 'head', choices: ['head', 'all'], help: '', isSimple: false }
const options = [rate, steps, bias, scope]

describe('the form of a method', () => {
  it('begins with the values of the method, and none of them is changed', () => {
    const drafts = draftsOf(options)
    expect(drafts).toEqual({ learningRate: '0.004', steps: '5', bias: true, scope: 'head' })
    expect(changedValues(options, drafts)).toEqual({})
    expect(options.map((option) => problemOf(option, drafts[option.name]!))).toEqual(options.map(() => undefined))
  })

  it.each([
    [rate, '4e-3', 0.004, false],
    [rate, ' 0,01 ', 0.01, true],
    [rate, '1', undefined, true],
    [rate, '', undefined, true],
    [rate, 'fast', undefined, true],
    [rate, 'Infinity', undefined, true],
    [steps, '0', 0, true],
    [steps, '1000', 1000, true],
    [steps, '1001', undefined, true],
    [steps, '\u22121', undefined, true],
    [steps, '2.5', undefined, true],
    [bias, false, false, true],
    [scope, 'all', 'all', true],
    [scope, 'tail', undefined, true],
  ] as const)('%o: %s', (option, draft, value, changed) => {
    expect(valueOf(option, draft)).toBe(value)
    expect(isChanged(option, draft)).toBe(changed)
    expect(problemOf(option, draft) === undefined).toBe(value !== undefined)
  })

  it('says the limits where a number is beyond them', () => {
    expect(problemOf(steps, '2.5')).toBe('A number is needed: 0 to 1000, whole numbers.')
    expect(limitsText(bias)).toBe('')
  })

  it('sends what differs and nothing else', () => {
    expect(changedValues(options, { learningRate: '4e-3', steps: '7', bias: false, scope: 'head' })).toEqual({
      steps: 7,
      bias: false,
    })
  })

  it('takes the settings of an earlier run, without what does not fit any more', () => {
    expect(draftsFrom(options, { steps: 9, scope: 'gone', unknown: 1 })).toEqual({
      learningRate: '0.004',
      steps: '9',
      bias: true,
      scope: 'head',
    })
  })

  it('titles an option in words', () => {
    expect(optionTitle('learningRate')).toBe('Learning rate')
    expect(optionTitle('steps')).toBe('Steps')
  })

  it.each([
    ['0', 0],
    ['4294967295', 2 ** 32 - 1],
    ['4294967296', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['', undefined],
  ])('seed %s', (typed, seed) => expect(seedOf(typed)).toBe(seed))
})

describe('planned steps', () => {
  it.each([
    [{ passes: 5, steps: 5 }, 10],
    [{ steps: 60, learningRate: 1e-3 }, 60],
    [{ passes: 3 }, 3],
    [{}, undefined],
    [{ steps: 0 }, undefined],
  ])('%j: %s', (parameters, steps) => expect(plannedSteps(parameters)).toBe(steps))
})
