import { beforeAll, describe, expect, it } from 'vitest'
import { tinyCard } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { createRandom } from '../volume/random.ts'
import { changeIntensity, drawIntensityChange, intensityRange, unchanged } from './intensity-views.ts'
import { applySymmetry, mirroredClasses, undoSymmetry } from './views.ts'
import type { Symmetry } from './views.ts'

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

const numbers = (f: () => Tensor): number[] => tf.tidy(() => Array.from(f().dataSync()))
const all: Symmetry[] = [false, true].flatMap((mirror) => ([0, 1, 2, 3] as const).map((turns) => ({ mirror, turns })))

describe('symmetries', () => {
  const square = (): Tensor => tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])

  it('turn counter-clockwise (methods.md 1.6)', () => {
    expect(numbers(() => applySymmetry(square(), { mirror: false, turns: 1 }))).toEqual([2, 4, 1, 3])
    expect(numbers(() => applySymmetry(square(), { mirror: true, turns: 0 }))).toEqual([2, 1, 4, 3])
  })

  it('are eight different views', () => {
    expect(new Set(all.map((symmetry) => numbers(() => applySymmetry(square(), symmetry)).join())).size).toBe(8)
  })

  it.each(all)('are undone to the bit: $mirror, $turns', (symmetry) => {
    const random = createRandom(1)
    const values = Array.from({ length: 2 * 5 * 5 * 3 }, () => Math.fround(random.normal()))
    const x = (): Tensor => tf.tensor4d(values, [2, 5, 5, 3])
    expect(numbers(() => undoSymmetry(applySymmetry(x(), symmetry), symmetry))).toEqual(values)
  })

  it('are undone on slices that are not square', () => {
    const values = Array.from({ length: 24 }, (_, n) => n)
    for (const symmetry of all.filter(({ turns }) => turns % 2 === 0)) {
      const x = tf.tensor4d(values, [1, 4, 6, 1])
      expect(numbers(() => undoSymmetry(applySymmetry(x, symmetry), symmetry))).toEqual(values)
      x.dispose()
    }
  })

  it('exchange left and right labels, where i runs between them', () => {
    const names = ['left hippocampus', 'right hippocampus', 'brain stem']
    const labels = names.map((name, n) => ({ ...tinyCard.output.labels[n]!, name }))
    const card = { ...tinyCard, output: { ...tinyCard.output, labels } }
    expect(mirroredClasses(card)).toEqual([0, 2, 1, 3])
    expect(mirroredClasses({ ...card, input: { ...card.input, orientation: 'PIR' } })).toEqual([0, 1, 2, 3])
    const map = (): Tensor => tf.tensor4d([0.1, 0.2, 0.3, 0.4], [1, 1, 1, 4])
    const undone = numbers(() => undoSymmetry(map(), { mirror: true, turns: 0 }, mirroredClasses(card)))
    ;[0.1, 0.3, 0.2, 0.4].forEach((value, n) => expect(undone[n]).toBeCloseTo(value, 6))
  })
})

describe('changes of intensity', () => {
  const [ni, nj] = [20, 12]
  const random = createRandom(2)
  const slice = Float32Array.from({ length: ni * nj }, () => random.uniform(-1, 2))
  const range = intensityRange(slice)

  it('can do nothing', () => {
    changeIntensity(slice, ni, unchanged, range, random).forEach((value, n) => {
      // The darkest value is held a thousandth of the range above itself, where a power is defined.
      expect(Math.abs(value - slice[n]!)).toBeLessThan(2e-3 * range.top)
    })
  })

  it('follow gamma, contrast, offset and field', () => {
    const change = { ...unchanged, gamma: 2, scale: 1.5, offset: 0.25, logBias: [0, 0, 0.2, 0, 0, 0.2, 0, 0, 0.2] }
    const changed = changeIntensity(slice, ni, change, range, random)
    const at = (i: number, j: number): number => ((slice[j * ni + i]! - range.low) / range.top) ** 2 * range.top * 1.5
    // The field is 0 at the left edge and .2 at the right one.
    expect(changed[5 * ni]).toBeCloseTo(at(0, 5) + range.low + 0.25, 4)
    expect(changed[5 * ni + ni - 1]).toBeCloseTo(at(ni - 1, 5) * Math.exp(0.2) + range.low + 0.25, 4)
  })

  it('add noise of the size that is asked for', () => {
    const flat = new Float32Array(40000).fill(1)
    const noisy = changeIntensity(flat, 200, { ...unchanged, noise: 0.05 }, { low: 0, top: 1 }, createRandom(3))
    const sd = Math.sqrt(noisy.reduce((sum, value) => sum + (value - 1) ** 2, 0) / noisy.length)
    expect(sd).toBeCloseTo(0.05, 3)
  })

  it('blur without changing the mean of a slice that is flat at its edges', () => {
    const point = new Float32Array(31 * 31)
    point[15 * 31 + 15] = 1
    const blurred = changeIntensity(point, 31, { ...unchanged, blurPixels: 1.5 }, { low: 0, top: 1 }, random)
    expect(blurred[15 * 31 + 15]).toBeCloseTo(1 / (2 * Math.PI * 1.5 ** 2), 2)
  })

  it('are the same from the same seed, and stay within their strength', () => {
    expect(drawIntensityChange(createRandom(9), 1)).toEqual(drawIntensityChange(createRandom(9), 1))
    for (let n = 0; n < 200; n++) {
      const { gamma, scale, noise, blurPixels } = drawIntensityChange(random, 0.5)
      expect(Math.abs(gamma - 1)).toBeLessThan(0.1)
      expect(Math.abs(scale - 1)).toBeLessThan(0.05)
      expect(noise).toBeLessThan(0.04)
      expect(blurPixels).toBe(0)
    }
  })
})
