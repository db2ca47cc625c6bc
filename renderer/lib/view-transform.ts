/** From a plane's pixels to the canvas: fit, zoom, pan, quarter turns, flips; square millimetres whatever the pixels are. */
import type { Cut, Vector } from './planes.ts'

export type PlaneView = {
  /** 1 fits the plane into its viewport. */
  readonly zoom: number
  /** Millimetres on the screen, right and down. */
  readonly pan: readonly [number, number]
  /** Degrees clockwise. */
  readonly rotation: 0 | 90 | 180 | 270
  readonly flips: readonly [boolean, boolean]
}
export const fitted: PlaneView = { zoom: 1, pan: [0, 0], rotation: 0, flips: [false, false] }

export type Size = { readonly width: number; readonly height: number }
/** As CanvasTransform takes it: x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Canvas pixels in a millimetre. */
export function pixelsPerMm(cut: Cut, view: PlaneView, canvas: Size): number {
  const [width, height] = [cut.size[0] * cut.spacing[0], cut.size[1] * cut.spacing[1]]
  const isTurned = view.rotation % 180 !== 0
  const fit = Math.min(canvas.width / (isTurned ? height : width), canvas.height / (isTurned ? width : height))
  return fit * view.zoom
}

/** From millimetres in the plane (0, 0 is the outer corner of its first pixel) to canvas pixels. */
export function planeToCanvas(cut: Cut, view: PlaneView, canvas: Size): Matrix {
  const scale = pixelsPerMm(cut, view, canvas)
  const turn = (view.rotation / 90) % 4
  const cos = [1, 0, -1, 0][turn]! * scale
  const sin = [0, 1, 0, -1][turn]! * scale
  const [a, b] = view.flips[0] ? [-cos, -sin] : [cos, sin]
  const [c, d] = view.flips[1] ? [sin, -cos] : [-sin, cos]
  const middle = [(cut.size[0] * cut.spacing[0]) / 2, (cut.size[1] * cut.spacing[1]) / 2] as const
  return [
    a,
    b,
    c,
    d,
    canvas.width / 2 + view.pan[0] * scale - a * middle[0] - c * middle[1],
    canvas.height / 2 + view.pan[1] * scale - b * middle[0] - d * middle[1],
  ]
}

/** Where the centre of a pixel (column, row; fractions allowed) is on the canvas. */
export function pixelOnCanvas(
  cut: Cut,
  matrix: Matrix,
  [column, row]: readonly [number, number, ...number[]],
): [number, number] {
  const [a, b, c, d, e, f] = matrix
  const x = (column + 0.5) * cut.spacing[0]
  const y = (row + 0.5) * cut.spacing[1]
  return [a * x + c * y + e, b * x + d * y + f]
}

/** The inverse of pixelOnCanvas. */
export function canvasToPixel(cut: Cut, matrix: Matrix, [u, v]: readonly [number, number]): [number, number] {
  const [a, b, c, d, e, f] = matrix
  const size = a * d - b * c
  const x = (d * (u - e) - c * (v - f)) / size
  const y = (a * (v - f) - b * (u - e)) / size
  return [x / cut.spacing[0] - 0.5, y / cut.spacing[1] - 0.5]
}

/** Directions in LPS of the screen's right and down, after turns and flips. */
export function screenDirections(cut: Cut, view: PlaneView): { readonly right: Vector; readonly down: Vector } {
  const [a, b, c, d] = planeToCanvas(cut, { ...view, zoom: 1, pan: [0, 0] }, { width: 1, height: 1 })
  const along = (x: number, y: number): Vector => [
    x * cut.right[0] + y * cut.down[0],
    x * cut.right[1] + y * cut.down[1],
    x * cut.right[2] + y * cut.down[2],
  ]
  return { right: along(Math.sign(a), Math.sign(c)), down: along(Math.sign(b), Math.sign(d)) }
}

/** The view after zooming by `factor` so that the point of the plane under (u, v) stays there. */
export function zoomedAt(
  cut: Cut,
  view: PlaneView,
  canvas: Size,
  [u, v]: readonly [number, number],
  factor: number,
): PlaneView {
  const zoom = Math.min(40, Math.max(0.2, view.zoom * factor))
  const before = pixelsPerMm(cut, view, canvas)
  const after = (before * zoom) / view.zoom
  const shift = (at: number, size: number, pan: number): number => pan + (at - size / 2) * (1 / after - 1 / before)
  return { ...view, zoom, pan: [shift(u, canvas.width, view.pan[0]), shift(v, canvas.height, view.pan[1])] }
}
