import { expect, test } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { squaredDistances } from './distance-transform.ts'
import { nearestDistances } from './nearest.ts'

/** Sites with these shares of the voxels: near, far beyond what is looked through row by row, and none. */
test.each([0.5, 0.02, 0.0002, 0])(
  'the nearest of sites at a share of %d is that of the distance transform',
  (share) => {
    const random = createRandom(7)
    for (const shape of [
      [20, 90, 80],
      [9, 1, 30],
      [40, 25, 1],
    ] as const) {
      const spacing = [0.7 + random.next(), 0.4 + random.next(), 1 + 3 * random.next()] as const
      const voxels = shape[0] * shape[1] * shape[2]
      const mask = (part: number): Uint8Array =>
        Uint8Array.from({ length: voxels }, () => (random.next() < part ? 1 : 0))
      const [from, to] = [mask(0.1), mask(share)]
      const expected = squaredDistances(to, shape, spacing)
      const found = nearestDistances(from, to, shape, spacing)
      const wanted = expected.filter((_, n) => from[n]).map(Math.sqrt)
      expect(found.length).toBe(wanted.length)
      const worst = wanted.reduce((most, mm, n) => Math.max(most, mm === found[n] ? 0 : Math.abs(mm - found[n]!)), 0)
      expect(worst).toBeLessThan(1e-12)
    }
  },
)
