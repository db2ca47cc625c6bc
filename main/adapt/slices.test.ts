import { describe, expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { drawBatch, spreadSlices } from './slices.ts'

const all = Array.from({ length: 100 }, (_, k) => k + 30)

describe('slices', () => {
  it('are spread from end to end', () => {
    expect(spreadSlices(all, 4)).toEqual([42, 67, 92, 117])
    expect(spreadSlices([3, 4], 20)).toEqual([3, 4])
    expect(spreadSlices([], 20)).toEqual([])
  })

  it('are drawn one from each stretch, all of them sooner or later, the same from the same seed', () => {
    const random = createRandom(1)
    const seen = new Set<number>()
    for (let n = 0; n < 200; n++) {
      const batch = drawBatch(all, 8, random)
      batch.forEach((k, place) => {
        expect(Math.floor(((k - 30 + 0.5) * 8) / 100)).toBe(place)
        seen.add(k)
      })
    }
    expect(seen.size).toBe(100)
    expect(drawBatch(all, 8, createRandom(2))).toEqual(drawBatch(all, 8, createRandom(2)))
    expect(drawBatch([5, 6], 8, random)).toEqual([5, 6])
  })
})
