import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Shape, Vector } from '../volume/volume.ts'
import { squaredDistances } from './distance-transform.ts'

/** The distance transform by its definition. */
function byDefinition(sites: Uint8Array, [ni, nj]: Shape, mm: Vector): Float64Array {
  const index = (n: number): Vector => [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))]
  return Float64Array.from(sites, (_, n) => {
    let least = Infinity
    sites.forEach((site, m) => {
      if (site) least = Math.min(least, index(n).reduce((sum, x, axis) => sum + ((x - index(m)[axis]!) * mm[axis]!) ** 2, 0)) // prettier-ignore
    })
    return least
  })
}

describe('the distance transform', () => {
  it('is exact for any sites and spacing', () => {
    const size = fc.integer({ min: 1, max: 6 })
    const mm = fc.double({ min: 0.3, max: 6, noNaN: true })
    fc.assert(
      fc.property(fc.tuple(size, size, size), fc.tuple(mm, mm, mm), fc.infiniteStream(fc.integer({ min: 0, max: 5 })), (shape, spacing, stream) => {
        const sites = Uint8Array.from(stream.take(shape[0] * shape[1] * shape[2]), (x) => (x === 0 ? 1 : 0))
        const distances = squaredDistances(sites, shape, spacing)
        const expected = byDefinition(sites, shape, spacing)
        distances.forEach((d, n) => {
          if (expected[n] === Infinity) expect(d).toBe(Infinity)
          else expect(Math.abs(d - expected[n]!)).toBeLessThan(1e-9 * (1 + expected[n]!))
        })
      }),
    ) // prettier-ignore
  })
})
