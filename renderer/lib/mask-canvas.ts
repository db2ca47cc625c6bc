/** Masks above the grey picture: fill, outline and pattern per label, on a canvas of their own. */
import { traceContours } from './contours.ts'
import type { Contour } from './contours.ts'
import type { Cut } from './planes.ts'
import { reslice } from './reslice.ts'
import type { Mask } from './scan.ts'
import type { Matrix } from './view-transform.ts'

/** By label value; null is not drawn. */
export type LabelColors = readonly (string | null)[]

export type MaskLayer = {
  /** What is drawn: the labels of one mask, or what one has and the other lacks (1 gained, 2 lost, 3 another label). */
  readonly mask: Mask
  readonly against?: Mask | undefined
  readonly colors: LabelColors
  readonly fill: number
  readonly outlinePx: number
  readonly isDashed: boolean
  /** From and to, as shares of the canvas's width: the sides of a swipe. */
  readonly clip?: readonly [number, number] | undefined
}

export type Tokens = { readonly before: string; readonly after: string; readonly kept: string }

export function isSameLayer(a: MaskLayer, b: MaskLayer): boolean {
  return (
    a.mask === b.mask &&
    a.against === b.against &&
    a.fill === b.fill &&
    a.outlinePx === b.outlinePx &&
    a.isDashed === b.isDashed &&
    a.clip?.[0] === b.clip?.[0] &&
    a.clip?.[1] === b.clip?.[1] &&
    a.colors.length === b.colors.length &&
    a.colors.every((color, label) => color === b.colors[label])
  )
}

/** Canvas pixels in a CSS pixel, and whether a voxel is so small that its borders crowd. */
type Pen = { readonly pixelRatio: number; readonly isDense: boolean }

type Traced = {
  readonly mask: Mask
  readonly against: Mask | undefined
  readonly cut: Cut
  readonly slice: number
  readonly hidden: string
  readonly contours: readonly Contour[]
}

export class MaskCanvas {
  private readonly context: CanvasRenderingContext2D
  private readonly tokens: Tokens
  private traced: readonly Traced[] = []
  private pixels: Uint8Array | undefined
  private others: Uint8Array | undefined

  constructor(canvas: HTMLCanvasElement, tokens: Tokens) {
    this.context = canvas.getContext('2d')!
    this.tokens = tokens
  }

  draw(layers: readonly MaskLayer[], cut: Cut, slice: number, matrix: Matrix, pixelRatio: number): void {
    const { context } = this
    context.clearRect(0, 0, context.canvas.width, context.canvas.height)
    const pixelsPerVoxel = Math.hypot(matrix[0], matrix[1]) * Math.min(cut.spacing[0], cut.spacing[1])
    const pen: Pen = { pixelRatio, isDense: pixelsPerVoxel < 2 * pixelRatio }
    this.traced = layers.map((layer) => this.trace(layer, cut, slice))
    layers.forEach((layer, n) => {
      context.save()
      if (layer.clip) clipTo(context, layer.clip)
      for (const [label, path] of pathsOf(this.traced[n]!.contours, cut, matrix)) {
        if (layer.against) this.paintChange(label, path, layer, pen)
        else paintLabel(context, path, layer.colors[label] ?? null, layer, pen)
      }
      context.restore()
    })
  }

  /** The outlines of a layer on a slice; those of the frame before where nothing of it changed. */
  private trace(layer: MaskLayer, cut: Cut, slice: number): Traced {
    const hidden = layer.against ? layer.colors.map((color) => (color === null ? 0 : 1)).join('') : ''
    const known = this.traced.find(
      (one) =>
        one.mask === layer.mask &&
        one.against === layer.against &&
        one.cut === cut &&
        one.slice === slice &&
        one.hidden === hidden,
    )
    if (known) return known
    const { shape } = layer.mask.header
    this.pixels = reslice(layer.mask.data, shape, cut, slice, this.pixels)
    if (layer.against) {
      this.others = reslice(layer.against.data, shape, cut, slice, this.others)
      markChanges(this.pixels, this.others, layer.colors)
    }
    const contours = traceContours(this.pixels, cut.size[0], cut.size[1])
    return { mask: layer.mask, against: layer.against, cut, slice, hidden, contours }
  }

  private paintChange(
    change: number,
    path: Path2D,
    { fill, outlinePx }: MaskLayer,
    { pixelRatio, isDense }: Pen,
  ): void {
    const { context, tokens } = this
    const isGained = change === gained || change === relabelled
    const isLost = change === lost || change === relabelled
    if (change === unchanged) {
      context.strokeStyle = tokens.kept
      context.setLineDash([])
      context.globalAlpha = 0.8
      strokeWith(context, path, pixelRatio, isDense)
      context.globalAlpha = 1
      return
    }
    const color = isGained ? tokens.after : tokens.before
    context.globalAlpha = Math.max(0.15, fill * 0.6)
    context.fillStyle = color
    context.fill(path)
    context.globalAlpha = 1
    if (isGained) fillWith(context, path, hatched(context, tokens.after, pixelRatio))
    if (isLost) fillWith(context, path, dotted(context, tokens.before, pixelRatio))
    context.strokeStyle = color
    context.setLineDash(isGained ? [] : [3 * pixelRatio, 2 * pixelRatio])
    strokeWith(context, path, Math.max(outlinePx, 1) * pixelRatio, isDense)
  }
}

function paintLabel(
  context: CanvasRenderingContext2D,
  path: Path2D,
  color: string | null,
  { fill, outlinePx, isDashed }: MaskLayer,
  { pixelRatio, isDense }: Pen,
): void {
  if (color === null) return
  if (fill > 0) {
    context.globalAlpha = fill
    context.fillStyle = color
    context.fill(path)
    context.globalAlpha = 1
  }
  if (outlinePx === 0) return
  context.strokeStyle = color
  context.setLineDash(isDashed ? [5 * pixelRatio, 3 * pixelRatio] : [])
  strokeWith(context, path, outlinePx * pixelRatio, isDense)
}

/**
 * A line of so many canvas pixels. Lines of one pixel are drawn many times faster than wider ones, which are made areas
 * first; so lines up to three pixels are made of those, side by side: two where borders are so dense that nobody sees
 * that lines along one diagonal stay thin.
 */
function strokeWith(context: CanvasRenderingContext2D, path: Path2D, width: number, isDense: boolean): void {
  const aside = (width - 1) / 2
  if (width <= 1 || width > 3) {
    context.lineWidth = width
    context.stroke(path)
    return
  }
  context.lineWidth = 1
  const shifts = isDense
    ? [
        [aside, aside],
        [-aside, -aside],
      ]
    : [[aside, 0], [-aside, 0], [0, aside], [0, -aside], ...(width > 2 ? [[0, 0]] : [])]
  for (const [x, y] of shifts) {
    context.setTransform(1, 0, 0, 1, x!, y!)
    context.stroke(path)
  }
  context.resetTransform()
}

/** Points closer than this to the one before, in canvas pixels, would not be seen; drawing them takes most of the time. */
const finest = 0.6

/** One path a label, in canvas pixels. */
function pathsOf(contours: readonly Contour[], cut: Cut, matrix: Matrix): ReadonlyMap<number, Path2D> {
  const paths = new Map<number, Path2D>()
  const [a, b, c, d] = [
    matrix[0] * cut.spacing[0],
    matrix[1] * cut.spacing[0],
    matrix[2] * cut.spacing[1],
    matrix[3] * cut.spacing[1],
  ]
  const [e, f] = [matrix[4], matrix[5]]
  for (const { label, points } of contours) {
    const path = paths.get(label) ?? new Path2D()
    paths.set(label, path)
    let [firstX, firstY, lastX, lastY] = [0, 0, 0, 0]
    for (let n = 0; n < points.length; n += 2) {
      const x = a * points[n]! + c * points[n + 1]! + e
      const y = b * points[n]! + d * points[n + 1]! + f
      if (n === 0) {
        path.moveTo(x, y)
        firstX = x
        firstY = y
      } else if ((x - lastX) ** 2 + (y - lastY) ** 2 < finest ** 2) continue
      else path.lineTo(x, y)
      lastX = x
      lastY = y
    }
    // closePath() asks for the bounds of all that the path holds so far, which takes longer with every contour.
    path.lineTo(firstX, firstY)
  }
  return paths
}

const gained = 1
const lost = 2
const relabelled = 3
const unchanged = 4

/** Writes into `after` what became of every pixel between `before` and it; labels without a colour count as background. */
export function markChanges(after: Uint8Array, before: Uint8Array, colors: LabelColors): void {
  const isShown = Array.from({ length: 256 }, (_, label) => label > 0 && (colors[label] ?? null) !== null)
  for (let n = 0; n < after.length; n++) {
    const [a, b] = [after[n]!, before[n]!]
    if (a === 0 && b === 0) continue
    const [isAfter, isBefore] = [isShown[a]!, isShown[b]!]
    if (a === b) after[n] = isAfter ? unchanged : 0
    else after[n] = isAfter ? (isBefore ? relabelled : gained) : isBefore ? lost : 0
  }
}

function clipTo(context: CanvasRenderingContext2D, [from, to]: readonly [number, number]): void {
  const { width, height } = context.canvas
  context.beginPath()
  context.rect(from * width, 0, (to - from) * width, height)
  context.clip()
}

function fillWith(context: CanvasRenderingContext2D, path: Path2D, pattern: CanvasPattern): void {
  context.fillStyle = pattern
  context.fill(path)
}

/** Slanted lines: gained. */
function hatched(context: CanvasRenderingContext2D, color: string, pixelRatio: number): CanvasPattern {
  return pattern(context, `hatched ${color} ${pixelRatio}`, Math.round(6 * pixelRatio), (tile, side) => {
    tile.strokeStyle = color
    tile.lineWidth = 1.2 * pixelRatio
    // Beyond the corners too, so that the lines meet those of the next tile.
    for (const shift of [-side, 0, side]) {
      tile.moveTo(shift - 1, side + 1)
      tile.lineTo(shift + side + 1, -1)
    }
    tile.stroke()
  })
}

/** Dots: lost. */
function dotted(context: CanvasRenderingContext2D, color: string, pixelRatio: number): CanvasPattern {
  return pattern(context, `dotted ${color} ${pixelRatio}`, Math.round(5 * pixelRatio), (tile, side) => {
    tile.fillStyle = color
    tile.arc(side / 2, side / 2, 1.1 * pixelRatio, 0, 2 * Math.PI)
    tile.fill()
  })
}

const patterns = new Map<string, CanvasPattern>()

function pattern(
  context: CanvasRenderingContext2D,
  name: string,
  side: number,
  paint: (tile: OffscreenCanvasRenderingContext2D, side: number) => void,
): CanvasPattern {
  const known = patterns.get(name)
  if (known) return known
  const tile = new OffscreenCanvas(side, side)
  paint(tile.getContext('2d')!, side)
  const made = context.createPattern(tile, 'repeat')!
  patterns.set(name, made)
  return made
}
