/**
 * The only import of cornerstone-core, which draws grey pictures on a canvas without a GPU. It gets whole planes (custom
 * images) with their table of greys, so a window is worked out once for all slices. Its own frame loop, events and cache are
 * not used: frames.ts draws what changed.
 */
import { getDefaultViewport, renderGrayscaleImage } from 'cornerstone-core'
import type { Greys, Whole } from './grey-image.ts'
import type { Cut } from './planes.ts'
import { pixelsPerMm } from './view-transform.ts'
import type { PlaneView } from './view-transform.ts'

/** `id` names scan and slice; `pixels` is asked only where they are not on the shared canvas already. */
export type Picture = {
  readonly id: string
  readonly cut: Cut
  readonly greys: Greys
  readonly pixels: () => Whole
}

/** cornerstone's canvas of a plane in its own pixels: before and after show the same slice, so they share it. */
const shared = new WeakMap<Cut, object>()

export class GreyCanvas {
  private readonly canvas: HTMLCanvasElement
  /** What cornerstone calls an enabled element. */
  private readonly enabled: Record<string, unknown>

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas
    // Asked for before cornerstone does: it wants a desynchronised one, which tears under the canvases above.
    canvas.getContext('2d', { alpha: false })
    this.enabled = { element: canvas, canvas, layers: [], options: {}, data: {} }
  }

  draw(picture: Picture, view: PlaneView, isSmooth: boolean): void {
    const image = imageOf(picture)
    const tools = shared.get(picture.cut) ?? {}
    shared.set(picture.cut, tools)
    this.enabled['renderingTools'] = tools
    this.enabled['image'] = image
    this.enabled['viewport'] = {
      ...(getDefaultViewport(this.canvas, image as never) as object),
      ...placing(picture.cut, view, this.canvas),
      pixelReplication: !isSmooth,
    }
    // False: pixels are looked up anew only where the image's id is another.
    renderGrayscaleImage(this.enabled, false)
  }
}

function imageOf({ pixels, cut, id, greys }: Picture): Record<string, unknown> {
  const [columns, rows] = cut.size
  const voi = { windowCenter: 128, windowWidth: 256 }
  return {
    imageId: `${id} ${greys.id}`,
    minPixelValue: greys.first,
    maxPixelValue: greys.first + greys.table.length - 1,
    slope: 1,
    intercept: 0,
    ...voi,
    invert: false,
    // Stands for the window above, which is never looked at.
    cachedLut: { ...voi, invert: false, lutArray: greys.table },
    getPixelData: pixels,
    columns,
    rows,
    width: columns,
    height: rows,
    columnPixelSpacing: cut.spacing[0],
    rowPixelSpacing: cut.spacing[1],
    color: false,
  }
}

/** planeToCanvas in cornerstone's terms: its scale is for the smaller pixel side, its translation in pixels before turning. */
function placing(cut: Cut, view: PlaneView, canvas: HTMLCanvasElement): Record<string, unknown> {
  const [column, row] = cut.spacing
  const [x, y] = view.rotation % 180 === 0 ? [column, row] : [row, column]
  return {
    scale: pixelsPerMm(cut, view, canvas) * Math.min(column, row),
    translation: { x: view.pan[0] / x, y: view.pan[1] / y },
    rotation: view.rotation,
    hflip: view.flips[0],
    vflip: view.flips[1],
  }
}
