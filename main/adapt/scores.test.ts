import { beforeAll, describe, expect, it } from 'vitest'
import { classes, head, otherScanner, sourceScanner, trainedModel } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { predictStudy } from '../predict/predict.ts'
import { createRandom } from '../volume/random.ts'
import {
  borderBand,
  diceOfClasses,
  heldOutConsistency,
  intensityConsistency,
  labelsOf,
  meanDice,
  meanEntropy,
  proportionDivergence,
} from './scores.ts'

/** A disc of one class in a slice. */
function disc(size: number, radius: number, centre = size / 2): Uint8Array {
  return Uint8Array.from({ length: size * size }, (_, n) =>
    Math.hypot((n % size) - centre, Math.floor(n / size) - centre) <= radius ? 1 : 0,
  )
}

describe('Dice of label maps', () => {
  it('is that of the overlap, class by class', () => {
    const a = Uint8Array.from({ length: 200 }, (_, n) => (n < 100 ? 1 : 2))
    const b = Uint8Array.from({ length: 200 }, (_, n) => (n < 60 ? 1 : 2))
    expect(diceOfClasses(a, b, 4)).toEqual([120 / 160, 200 / 240, NaN])
    expect(meanDice(a, b, 4)).toBeCloseTo((0.75 + 200 / 240) / 2, 10)
    expect(meanDice(a, a, 4)).toBe(1)
  })

  it('leaves out what is not counted, and is NaN without any class', () => {
    const a = disc(40, 10)
    const b = disc(40, 10, 0)
    const where = Uint8Array.from(a, (label) => label)
    expect(meanDice(a, b, 2, where)).toBeCloseTo(
      (2 * a.filter((l, n) => l && b[n]).length) / (sum(a) + sum(a.map((l, n) => l & b[n]!))),
    )
    expect(meanDice(new Uint8Array(100), new Uint8Array(100), 3)).toBeNaN()
  })
})

const sum = (values: Uint8Array): number => values.reduce((total, value) => total + value, 0)

describe('border band', () => {
  it('is a ring of the mask, three voxels to both sides', () => {
    const mask = disc(64, 20)
    const band = borderBand(mask, mask, 64, 64)
    const at = (r: number): number => band[32 * 64 + 32 + r]!
    expect([16, 17, 18, 20, 21, 22, 23].map(at)).toEqual([0, 1, 1, 1, 1, 1, 1])
    expect(at(24)).toBe(0)
    expect(at(0)).toBe(0)
  })

  it('holds the borders of both masks, slice by slice', () => {
    const [a, b] = [disc(64, 20), disc(64, 10)]
    const both = Uint8Array.from([...a, ...b])
    const band = borderBand(both, Uint8Array.from([...b, ...b]), 64, 64)
    expect(band.subarray(0, 4096)).toEqual(borderBand(a, b, 64, 64))
    expect(band.subarray(4096)).toEqual(borderBand(b, b, 64, 64))
  })

  it('is empty for an empty mask, whose mean entropy is not a number', () => {
    const none = new Uint8Array(100)
    expect(sum(borderBand(none, none, 10, 10))).toBe(0)
    expect(meanEntropy(new Float32Array(200).fill(0.5), 2, none)).toBeNaN()
    expect(meanEntropy(new Float32Array(200).fill(0.5), 2, none.fill(1))).toBeCloseTo(Math.log(2), 6)
  })
})

describe('proportions', () => {
  it('diverge as KL does', () => {
    expect(proportionDivergence([500, 20, 30, 50], [0.2, 0.3, 0.5])).toBeCloseTo(0, 10)
    expect(proportionDivergence([500, 50, 50, 0], [0.25, 0.25, 0.5])).toBeCloseTo(Math.log(2), 10)
    expect(proportionDivergence([500, 0, 0, 0], [0.2, 0.3, 0.5])).toBeNaN()
  })
})

describe('consistency of a model with itself', () => {
  beforeAll(async () => {
    await startEngine({ name: 'cpu' })
  })

  it('is higher on a scan of its own scanner, under held-out views and on an augmented copy', async () => {
    const model = trainedModel()
    const measure = async (scanner: typeof sourceScanner): Promise<number[]> => {
      const { study } = head(scanner, createRandom(31))
      const labels = labelsOf((await predictStudy(model, study)).data, classes)
      const random = createRandom(1)
      return [
        await heldOutConsistency(model, study, study.tissueSlices, labels, classes, random),
        await intensityConsistency(model, study, labels, classes, random),
      ]
    }
    const [own, other] = [await measure(sourceScanner), await measure({ ...otherScanner, coil: 1.2 })]
    own.forEach((value, n) => expect(value).toBeGreaterThan(other[n]! + 0.02))
    own.forEach((value) => expect(value).toBeGreaterThan(0.9))
    expect(await measure(sourceScanner)).toEqual(own)
    model.dispose()
  })
})
