/** Draws one viewport: grey picture, masks, scale bar, crosshair, each on its own canvas, and of those only what changed. */
import { cancelFrame, requestFrame } from './frames.ts'
import { wholePixels } from './grey-image.ts'
import type { Greys, Scratch } from './grey-image.ts'
import { drawCrosshair, drawScaleBar } from './marks-canvas.ts'
import type { PlaneColors } from './marks-canvas.ts'
import { MaskCanvas, isSameLayer } from './mask-canvas.ts'
import type { MaskLayer } from './mask-canvas.ts'
import type { Cut } from './planes.ts'
import type { Scan } from './scan.ts'
import { GreyCanvas } from './viewer.ts'
import { pixelOnCanvas, pixelsPerMm, planeToCanvas } from './view-transform.ts'
import type { Matrix, PlaneView, Size } from './view-transform.ts'

export type Scene = {
  readonly scan: Scan
  readonly cut: Cut
  readonly slice: number
  readonly greys: Greys
  readonly view: PlaneView
  readonly isSmooth: boolean
  readonly layers: readonly MaskLayer[]
  /** Column and row of the crosshair; null without one. */
  readonly crosshair: readonly [number, number] | null
  readonly hasScaleBar: boolean
}

type FourCanvases = [HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement]

export class ViewportPainter {
  private readonly stage: HTMLElement
  private readonly canvases: readonly HTMLCanvasElement[]
  private readonly grey: GreyCanvas
  private readonly masks: MaskCanvas
  private readonly bar: CanvasRenderingContext2D
  private readonly marks: CanvasRenderingContext2D
  private readonly colors: PlaneColors & { readonly text: string }
  private readonly font: string
  private readonly observer: ResizeObserver
  private scene: Scene | undefined
  private drawn: Scene | undefined

  /** `stage` holds the four canvases, bottom first, and gives their size and colours. */
  constructor(stage: HTMLElement) {
    this.stage = stage
    this.canvases = [...stage.querySelectorAll('canvas')]
    const [grey, masks, bar, marks] = this.canvases as FourCanvases
    const style = getComputedStyle(stage)
    const token = (name: string): string => style.getPropertyValue(name).trim()
    this.grey = new GreyCanvas(grey)
    this.masks = new MaskCanvas(masks, { before: token('--before'), after: token('--after'), kept: token('--kept') })
    this.bar = bar.getContext('2d')!
    this.marks = marks.getContext('2d')!
    this.colors = {
      axial: token('--axial'),
      coronal: token('--coronal'),
      sagittal: token('--sagittal'),
      text: token('--text'),
    }
    this.font = style.fontFamily
    this.observer = new ResizeObserver(() => this.resize())
    this.observer.observe(stage)
  }

  show(scene: Scene): void {
    this.scene = scene
    requestFrame(this.draw)
  }

  end(): void {
    this.observer.disconnect()
    cancelFrame(this.draw)
  }

  /** The stage in canvas pixels. */
  get size(): Size {
    return { width: this.canvases[0]!.width, height: this.canvases[0]!.height }
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.stage
    if (clientWidth === 0 || clientHeight === 0) return
    for (const canvas of this.canvases) {
      canvas.width = Math.round(clientWidth * devicePixelRatio)
      canvas.height = Math.round(clientHeight * devicePixelRatio)
    }
    // A canvas of another size is empty. Drawn at once: the next frame would show it so.
    this.drawn = undefined
    this.draw()
  }

  private readonly draw = (): void => {
    const { scene, drawn, size } = this
    if (!scene || size.width === 0) return
    const matrix = planeToCanvas(scene.cut, scene.view, size)
    const isMoved = !drawn || drawn.cut !== scene.cut || drawn.view !== scene.view
    const isOtherSlice = isMoved || drawn.slice !== scene.slice || drawn.scan !== scene.scan
    if (isOtherSlice || drawn.greys !== scene.greys || drawn.isSmooth !== scene.isSmooth) this.drawGrey(scene)
    if (isOtherSlice || !isSameList(drawn.layers, scene.layers))
      this.masks.draw(scene.layers, scene.cut, scene.slice, matrix, devicePixelRatio)
    if (isMoved || drawn.hasScaleBar !== scene.hasScaleBar) this.drawBar(scene)
    if (isMoved || !isSamePoint(drawn.crosshair, scene.crosshair)) this.drawCrosshair(scene, matrix)
    this.drawn = scene
  }

  private drawGrey({ scan, cut, slice, greys, view, isSmooth }: Scene): void {
    const id = `${idOf(scan)} ${slice}`
    this.grey.draw({ id, cut, greys, pixels: () => wholePixels(scan, cut, slice, scratchOf(cut)) }, view, isSmooth)
  }

  /** On a canvas of its own: it stays while slices are scrolled, and its shadow takes longer than all of a crosshair. */
  private drawBar({ cut, view, hasScaleBar }: Scene): void {
    const { bar, size } = this
    bar.clearRect(0, 0, size.width, size.height)
    if (!hasScaleBar) return
    const font = `${11 * devicePixelRatio}px ${this.font}`
    drawScaleBar(bar, pixelsPerMm(cut, view, size), this.colors.text, font, devicePixelRatio, size)
  }

  private drawCrosshair({ cut, view, crosshair }: Scene, matrix: Matrix): void {
    const { marks, size, stage } = this
    marks.clearRect(0, 0, size.width, size.height)
    if (!crosshair) {
      delete stage.dataset['crosshairX']
      delete stage.dataset['crosshairY']
      return
    }
    const point = pixelOnCanvas(cut, matrix, crosshair)
    drawCrosshair(marks, cut.plane, point, view.rotation % 180 !== 0, this.colors, devicePixelRatio)
    stage.dataset['crosshairX'] = (point[0] / devicePixelRatio).toFixed(2)
    stage.dataset['crosshairY'] = (point[1] / devicePixelRatio).toFixed(2)
  }
}

const ids = new WeakMap<Scan, number>()
let scans = 0

function idOf(scan: Scan): number {
  const id = ids.get(scan) ?? ++scans
  ids.set(scan, id)
  return id
}

const scratches = new WeakMap<Cut, Scratch>()

/** Arrays for the pixels of a plane, used again for every slice. */
function scratchOf(cut: Cut): Scratch {
  const scratch = scratches.get(cut) ?? {}
  scratches.set(cut, scratch)
  return scratch
}

function isSameList(a: readonly MaskLayer[], b: readonly MaskLayer[]): boolean {
  return a.length === b.length && a.every((layer, n) => isSameLayer(layer, b[n]!))
}

function isSamePoint(a: Scene['crosshair'], b: Scene['crosshair']): boolean {
  return a === b || (!!a && !!b && a[0] === b[0] && a[1] === b[1])
}
