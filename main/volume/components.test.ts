import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { components, largestComponent } from './components.ts'
import type { Shape } from './volume.ts'

/** By flooding from every voxel: the definition. */
function byFlooding(mask: Uint8Array, [ni, nj, nk]: Shape, connectivity: 6 | 26): Int32Array {
  const labels = new Int32Array(mask.length)
  let count = 0
  mask.forEach((value, seed) => {
    if (!value || labels[seed]) return
    labels[seed] = ++count
    const stack = [seed]
    while (stack.length) {
      const at = stack.pop()!
      const [i, j, k] = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))]
      for (let n = 0; n < 27; n++) {
        const step = [(n % 3) - 1, (Math.floor(n / 3) % 3) - 1, Math.floor(n / 9) - 1] as const
        if (connectivity === 6 && step.filter(Boolean).length > 1) continue
        const [x, y, z] = [i + step[0], j + step[1], k + step[2]]
        if (x < 0 || y < 0 || z < 0 || x >= ni || y >= nj || z >= nk) continue
        const next = x + ni * (y + nj * z)
        if (mask[next] && !labels[next]) {
          labels[next] = count
          stack.push(next)
        }
      }
    }
  })
  return labels
}

describe('components', () => {
  it.each([6, 26] as const)('are those of flooding, by %i neighbours', (connectivity) => {
    const size = fc.integer({ min: 1, max: 7 })
    const mask = fc.tuple(size, size, size).chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.array(fc.integer({ min: 0, max: 1 }), { minLength: shape[0] * shape[1] * shape[2], maxLength: shape[0] * shape[1] * shape[2] }), // prettier-ignore
      ),
    )
    fc.assert(
      fc.property(mask, ([shape, values]) => {
        const voxels = Uint8Array.from(values)
        const { labels, sizes } = components(voxels, shape, connectivity)
        expect(labels).toEqual(byFlooding(voxels, shape, connectivity))
        sizes.forEach((size, n) => expect(size).toBe(n ? labels.filter((label) => label === n).length : 0))
      }),
      { numRuns: 300 },
    )
  })

  it('tell two balls apart that touch at a corner only by faces', () => {
    const mask = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1)
    expect(components(mask, [2, 2, 2], 6).sizes).toEqual([0, 1, 1])
    expect(components(mask, [2, 2, 2], 26).sizes).toEqual([0, 2])
  })

  it('do not run out of stack on a scan of noise', () => {
    const mask = Uint8Array.from({ length: 128 ** 3 }, (_, n) => (Math.imul(n, 2654435761) >>> 16) & 1)
    const { sizes } = components(mask, [128, 128, 128], 6)
    expect(sizes.reduce((a, b) => a + b)).toBe(mask.reduce((a, b) => a + b, 0))
  })
})

describe('the largest component', () => {
  it('is kept and all else goes', () => {
    const mask = Uint8Array.of(2, 0, 1, 3, 0, 1)
    expect([...largestComponent(mask, [6, 1, 1])]).toEqual([0, 0, 1, 1, 0, 0])
  })

  it('of nothing is nothing', () => {
    expect([...largestComponent(new Uint8Array(4), [2, 2, 1])]).toEqual([0, 0, 0, 0])
  })
})
