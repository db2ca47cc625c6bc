import { expect, test } from 'vitest'
import { fromParts } from './affine.ts'
import { compactBody } from './compact.ts'
import type { Grid, Shape, Vector } from './volume.ts'

const grid = (shape: Shape, spacing: Vector): Grid => ({
  shape,
  affine: fromParts(
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    spacing,
    [0, 0, 0],
  ),
})

/** Two balls of radius 12 and 8 mm, joined by a rod of 3 x 3 mm, on voxels of the given size. */
function dumbbell(spacing: Vector): { mask: Uint8Array; on: Grid; large: (n: number) => boolean } {
  const shape = [40, 40, 80].map((mm, axis) => Math.round(mm / spacing[axis]!)) as unknown as Shape
  const mask = new Uint8Array(shape[0] * shape[1] * shape[2])
  const at = (n: number): Vector => [
    (n % shape[0]) * spacing[0],
    (Math.floor(n / shape[0]) % shape[1]) * spacing[1],
    Math.floor(n / (shape[0] * shape[1])) * spacing[2],
  ]
  const inBall = (n: number, z: number, radius: number): boolean => {
    const [x, y, height] = at(n)
    return Math.hypot(x - 20, y - 20, height - z) <= radius
  }
  for (let n = 0; n < mask.length; n++) {
    const [x, y, z] = at(n)
    const inRod = Math.abs(x - 20) <= 1 && Math.abs(y - 20) <= 1 && z > 20 && z < 60
    if (inBall(n, 20, 12) || inBall(n, 60, 8) || inRod) mask[n] = 1
  }
  return { mask, on: grid(shape, spacing), large: (n) => inBall(n, 20, 12) }
}

test.each([[[1, 1, 1]], [[1, 1, 4]], [[0.5, 1, 2]]] as [Vector][])(
  'a thin bridge joins nothing, voxels %j mm',
  (spacing) => {
    const { mask, on, large } = dumbbell(spacing)
    const kept = compactBody(mask, on, 2)
    let [lost, strange] = [0, 0]
    kept.forEach((full, n) => {
      if (large(n) && !full) lost++
      // The stump of the rod may stay, as far as the body grows back.
      if (!large(n) && full) strange++
    })
    expect(lost).toBe(0)
    expect(strange).toBeLessThan(mask.reduce((sum, full) => sum + full, 0) * 0.03)
  },
)

test('thin masks and empty masks keep their largest component', () => {
  const on = grid([20, 20, 20], [1, 1, 1])
  const line = new Uint8Array(8000)
  line.fill(1, 8000 - 400, 8000 - 390)
  line[0] = 1
  expect(compactBody(line, on, 2).reduce((sum, full) => sum + full, 0)).toBe(10)
  expect(compactBody(new Uint8Array(8000), on, 2).includes(1)).toBe(false)
})
