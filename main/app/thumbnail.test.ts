import { describe, expect, it } from 'vitest'
import { apply, invert } from '../volume/affine.ts'
import { orient } from '../volume/orient.ts'
import type { Vector, Volume } from '../volume/volume.ts'
import { drawSlice } from './thumbnail.ts'

const mm = (length: number): number => length / 2

/** One slice through the origin, 100 x 60 mm, dim all over, with a bright spot around a place in the world. */
function sliceWith(spot: Vector, orientation: string, spacing: readonly [number, number] = [1, 1]): Volume {
  const shape = [Math.round(100 / spacing[0]), Math.round(60 / spacing[1]), 1] as const
  const centred = [
    spacing[0],
    0,
    0,
    -mm(100 - spacing[0]),
    0,
    spacing[1],
    0,
    -mm(60 - spacing[1]),
    0,
    0,
    3,
    0,
    0,
    0,
    0,
    1,
  ]
  const data = new Float32Array(shape[0] * shape[1]).fill(100)
  const axes = { L: [1, 0, 0], R: [-1, 0, 0], P: [0, 1, 0], A: [0, -1, 0], S: [0, 0, 1], I: [0, 0, -1] }
  const [i, j, k] = [...orientation].map((letter) => axes[letter as keyof typeof axes])
  const turn = [0, 1, 2].flatMap((row) => [i![row]!, j![row]!, k![row]!, 0])
  const rows = [0, 1, 2].map((row) =>
    [0, 1, 2, 3].map((column) => [0, 1, 2].reduce((sum, n) => sum + turn[4 * row + n]! * centred[4 * n + column]!, 0)),
  )
  const affine = [...rows.flat(), 0, 0, 0, 1]
  const [at, down] = apply(invert(affine), spot).map(Math.round) as [number, number, number]
  data.forEach((_, n) => {
    const [x, y] = [(n % shape[0]) - at, Math.floor(n / shape[0]) - down]
    if (Math.hypot(x * spacing[0], y * spacing[1]) < 5) data[n] = 1000
  })
  return { shape, affine, data }
}

/** Where the bright spot is in the picture, 0 to 1 to the right and downwards. */
function brightest(volume: Volume): { right: number; down: number } {
  const { header, bytes } = drawSlice(volume)
  let [sum, x, y] = [0, 0, 0]
  bytes.forEach((value, n) => {
    if (value < 200) return
    sum += 1
    x += n % header.width
    y += Math.floor(n / header.width)
  })
  return { right: (x / sum + 0.5) / header.width, down: (y / sum + 0.5) / header.height }
}

describe('a small picture', () => {
  it.each<[string, string, Vector, object]>([
    ['axial', 'LPS', [30, -20, 0], { right: 0.8, down: 0.17 }],
    ['axial, stored from left to right', 'RPI', [30, -20, 0], { right: 0.8, down: 0.17 }],
    ['axial, stored from the back', 'LAI', [30, -20, 0], { right: 0.8, down: 0.17 }],
    ['axial, rows along the other axis', 'PLI', [20, -30, 0], { right: 0.83, down: 0.2 }],
    ['sagittal, nose to the left', 'PIL', [0, -30, 20], { right: 0.2, down: 0.17 }],
    ['sagittal, stored upside down', 'ASL', [0, -30, 20], { right: 0.2, down: 0.17 }],
    ['coronal, left on the right', 'LIP', [30, 0, 20], { right: 0.8, down: 0.17 }],
    ['coronal, stored mirrored', 'RSP', [30, 0, 20], { right: 0.8, down: 0.17 }],
  ])('%s', (_, orientation, spot, { right, down }: { right?: number; down?: number }) => {
    const found = brightest(sliceWith(spot, orientation))
    expect(found.right).toBeCloseTo(right!, 1)
    expect(found.down).toBeCloseTo(down!, 1)
  })

  it.each<[string, readonly [number, number], number, number]>([
    ['pixels of 1 mm', [1, 1], 100, 60],
    ['flat pixels', [1, 4], 100, 60],
    ['tall pixels', [5, 1], 100, 60],
    ['pixels of 0.25 mm', [0.25, 0.25], 160, 96],
  ])('keeps the proportions of %s', (_, spacing, width, height) => {
    const slice = sliceWith([30, -20, 0], 'LPS', spacing)
    const { header, bytes } = drawSlice(slice)
    expect(header).toEqual({ width, height, pixelAspect: 1 })
    expect(bytes).toHaveLength(width * height)
    const found = brightest(slice)
    expect(found.right).toBeCloseTo(0.8, 1)
    expect(found.down).toBeCloseTo(0.17, 1)
  })

  it('shows the same of a slice however it was turned before', () => {
    const slice = sliceWith([30, -20, 0], 'LPS')
    expect(drawSlice(orient(slice, 'RAI')).bytes).toEqual(drawSlice(slice).bytes)
  })

  it('spreads greys over what is not background, and is grey where all is the same', () => {
    const ramp = { ...sliceWith([0, 0, 0], 'LPS'), data: Float32Array.from({ length: 6000 }, (_, n) => n % 100) }
    const { bytes } = drawSlice(ramp)
    expect(bytes[0]).toBe(0)
    expect(bytes[99]).toBe(255)
    expect(Math.abs(bytes[54]! - 127)).toBeLessThan(6)
    expect(new Set(drawSlice({ ...ramp, data: new Float32Array(6000) }).bytes)).toEqual(new Set([128]))
  })
})
