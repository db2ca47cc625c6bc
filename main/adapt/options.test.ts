import { describe, expect, it } from 'vitest'
import { methods } from './methods/index.ts'
import { parseOptions } from './options.ts'

const table = {
  rate: { value: 1e-3, min: 1e-6, max: 1e-1, help: 'Rate.' },
  steps: { value: 5, min: 1, max: 10, integer: true, help: 'Steps.' },
  bias: { value: true, help: 'Bias.' },
  mode: { value: 'volume', choices: ['volume', 'batch'], help: 'Mode.' },
} as const

describe('options', () => {
  it('are the defaults, with what was given in their place', () => {
    expect(parseOptions(table)).toEqual({ rate: 1e-3, steps: 5, bias: true, mode: 'volume' })
    expect(parseOptions(table, { rate: '1e-2', steps: '7', bias: 'off', mode: 'batch' })).toEqual({
      rate: 0.01,
      steps: 7,
      bias: false,
      mode: 'batch',
    })
    expect(parseOptions(table, { rate: 0.1, bias: false }).rate).toBe(0.1)
  })

  it.each([
    [{ rate: '1' }, /rate=1 is not a number from 0.000001 to 0.1/],
    [{ rate: 'fast' }, /rate=fast/],
    [{ rate: '' }, /rate= is not/],
    [{ steps: '2.5' }, /whole number from 1 to 10/],
    [{ bias: 'maybe' }, /true or false/],
    [{ mode: 'other' }, /volume, batch/],
    [{ lr: '1' }, /no option lr \(it has: rate, steps, bias, mode\)/],
    [{ constructor: '1' }, /no option constructor/],
  ])('%j is refused in a sentence', (given, sentence) => {
    expect(() => parseOptions(table, given as Record<string, string>)).toThrow(sentence)
  })

  it('of every method lie within their own limits and are explained', () => {
    for (const { options, title, summary } of Object.values(methods)) {
      expect(title && summary).toBeTruthy()
      const values = Object.fromEntries(Object.entries(options).map(([name, { value }]) => [name, String(value)]))
      expect(parseOptions(options, values)).toEqual(parseOptions(options))
      for (const { help } of Object.values(options) as { help: string }[]) expect(help).toMatch(/\.$/)
    }
  })
})
