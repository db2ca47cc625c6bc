/** What the reader looks at and how: position, window, views, masks, ways to compare. One for all views of a window. */
import type { Label, Window } from '../../main/contract/schemas.ts'
import { greysOf } from './grey-image.ts'
import type { Greys } from './grey-image.ts'
import { colorsOf } from './label-colors.ts'
import { hangingOf, layouts, panesOf } from './layout.ts'
import type { Hanging, Layout, Pane, Side } from './layout.ts'
import type { MaskLayer } from './mask-canvas.ts'
import { centreOf, cutOf, fromWorld, planes, toIndex, toPixel, toWorld } from './planes.ts'
import type { Cut, Grid, Plane, Vector } from './planes.ts'
import type { Mask, MaskOf, Scan } from './scan.ts'
import { fitted } from './view-transform.ts'
import type { PlaneView } from './view-transform.ts'
import { firstWindow, windowChoices } from './windows.ts'
import { useWorkspace } from './workspace.svelte.ts'
import type { Workspace } from './workspace.svelte.ts'

export type Tool = 'window' | 'pan' | 'zoom' | 'crosshair'
export const tools: readonly Tool[] = ['window', 'crosshair', 'pan', 'zoom']
export type CompareMode = 'before-after' | 'swipe' | 'flip' | 'difference'
export const compareModes: readonly CompareMode[] = ['before-after', 'swipe', 'flip', 'difference']
export type LayerName = 'before' | 'after' | 'kept'
type LayerShown = { readonly visible: boolean; readonly fill: boolean; readonly outline: boolean }

const readers = new WeakMap<Workspace, ReaderState>()

/** The reader of this window; its state outlives the views. */
export function useReader(): ReaderState {
  const workspace = useWorkspace()
  const reader = readers.get(workspace) ?? new ReaderState(workspace)
  readers.set(workspace, reader)
  return reader
}

const allFitted: Readonly<Record<Plane, PlaneView>> = { axial: fitted, coronal: fitted, sagittal: fitted }

export class ReaderState {
  private readonly workspace: Workspace

  /** LPS millimetres; always inside the scan. */
  position: Vector = $state.raw([0, 0, 0])
  window: Window | undefined = $state.raw()
  isInverted = $state(false)
  /** What the left button does, and what it does while a key is held. */
  tool: Tool = $state('window')
  heldTool: Tool | null = $state(null)
  /** The viewport that keys act on. */
  plane: Plane = $state('axial')
  side: Side = $state('shown')
  /** The plane that has the first place in the layouts. */
  firstPlane: Plane = $state('axial')
  isMaximised = $state(false)
  isPlaying = $state(false)
  /** A window is being dragged: it is shown large. */
  isDragging = $state(false)
  hasCrosshair = $state(true)
  isSmooth = $state(true)
  views: Readonly<Record<Plane, PlaneView>> = $state.raw(allFitted)

  hasMasks = $state(true)
  isOutlineOnly = $state(false)
  hiddenLabels: readonly number[] = $state.raw([])
  soloLabel: number | null = $state(null)
  /** What lies over the pictures outside of Compare; kept stands for before until there is something kept. */
  layers: Readonly<Record<LayerName, LayerShown>> = $state.raw({
    before: { visible: false, fill: false, outline: true },
    after: { visible: false, fill: false, outline: true },
    kept: { visible: true, fill: true, outline: true },
  })

  /** The label that keys act on. */
  activeLabel: number | null = $state(null)
  /** A segmentation was asked for and has no run yet. */
  isSegmenting = $state(false)
  /** Opacity while it is being changed; written to the settings once that ends. */
  private fillNow: number | null = $state(null)
  private fillTimer: ReturnType<typeof setTimeout> | undefined

  compare: CompareMode = $state('before-after')
  /** What stands as "after" in Compare: a step, or null for the end of the adaptation. */
  afterStep: number | null = $state(null)
  isFlipped = $state(false)
  /** Where the swipe's divider is, as a share of the width. */
  swipe = $state(0.5)
  private isBeforeHeld = $state(false)
  private compareBefore: CompareMode = 'before-after'

  /** The scan that all this is about; it stays while the next one is on its way. */
  private adopted: Scan | undefined = $state.raw()
  private cuts: { readonly scan: Scan; readonly convention: string; readonly of: Record<Plane, Cut> } | undefined
  private latestGreys: { readonly of: readonly unknown[]; readonly greys: Greys } | undefined

  constructor(workspace: Workspace) {
    this.workspace = workspace
  }

  /** Begins with a scan: its own window, everything in view; the position stays where the scan before was of the same input. */
  adopt(scan: Scan): void {
    if (scan === this.adopted) return
    const isRelated = this.adopted?.ref.input === scan.ref.input
    this.adopted = scan
    const index = fromWorld(scan.header, this.position)
    const isInside = index.every((value, axis) => value >= 0 && value <= scan.header.shape[axis]! - 1)
    if (!isRelated || !isInside) this.position = centreOf(scan.header)
    this.window = firstWindow(scan.header)
    this.isInverted = scan.header.isInverted
    this.views = allFitted
    this.hiddenLabels = []
    this.soloLabel = null
    this.activeLabel = null
    this.isPlaying = false
  }

  /** What is on screen, once its voxels are here. */
  get scan(): Scan | undefined {
    return this.adopted === this.workspace.scan ? this.adopted : undefined
  }

  private get grid(): Grid {
    return this.adopted!.header
  }

  // Where.

  cut(plane: Plane): Cut {
    const scan = this.adopted!
    const convention = this.workspace.settings?.convention ?? 'radiological'
    if (this.cuts?.scan !== scan || this.cuts.convention !== convention) {
      const of = Object.fromEntries(planes.map((one) => [one, cutOf(scan.header, one, convention)]))
      this.cuts = { scan, convention, of: of as Record<Plane, Cut> }
    }
    return this.cuts.of[plane]
  }

  /** Column, row and slice of the position, not rounded. */
  pixel(plane: Plane): Vector {
    return toPixel(this.cut(plane), fromWorld(this.grid, this.position))
  }

  /** The scan's own index of the slice on screen, from 0. */
  slice(plane: Plane): number {
    return clamp(Math.round(this.pixel(plane)[2]), this.cut(plane).size[2])
  }

  goTo(position: Vector): void {
    if (!this.adopted) return
    const { shape } = this.grid
    const index = fromWorld(this.grid, position).map((value, axis) => clamp(value, shape[axis]!))
    this.position = toWorld(this.grid, index as unknown as Vector)
  }

  /** `slice`: the scan's own index, from 0; brought inside. */
  goToSlice(plane: Plane, slice: number): void {
    if (!this.adopted) return
    const [column, row] = this.pixel(plane)
    this.goToPixel(plane, [column, row, slice])
  }

  goToPixel(plane: Plane, pixel: Vector): void {
    if (!this.adopted) return
    this.goTo(toWorld(this.grid, toIndex(this.cut(plane), pixel)))
  }

  scroll(plane: Plane, slices: number): void {
    if (this.adopted) this.goToSlice(plane, this.slice(plane) + slices)
  }

  /** The next slice of the plane at work, round the end: one picture of the cine. */
  play(): void {
    if (this.adopted) this.goToSlice(this.plane, (this.slice(this.plane) + 1) % this.cut(this.plane).size[2])
  }

  /** The value of the scan at the position, in its units. */
  get value(): number | undefined {
    const scan = this.adopted
    if (!scan) return undefined
    const { shape, slope, intercept } = scan.header
    const [i, j, k] = fromWorld(scan.header, this.position).map(Math.round) as unknown as Vector
    return scan.data[i + shape[0] * (j + shape[1] * k)]! * slope + intercept
  }

  // How.

  get leftTool(): Tool {
    return this.heldTool ?? this.tool
  }

  get windows(): readonly Window[] {
    return this.scan ? windowChoices(this.scan.header) : []
  }

  get greys(): Greys {
    const of = [this.adopted, this.window, this.isInverted]
    if (!this.latestGreys?.of.every((part, n) => part === of[n]))
      this.latestGreys = { of, greys: greysOf(this.adopted!, this.window!, this.isInverted) }
    return this.latestGreys.greys
  }

  changeView(plane: Plane, change: Partial<PlaneView>): void {
    this.views = { ...this.views, [plane]: { ...this.views[plane], ...change } }
  }

  rotate(quarters: 1 | -1): void {
    const turned = (this.views[this.plane].rotation + 360 + quarters * 90) % 360
    this.changeView(this.plane, { rotation: turned as PlaneView['rotation'] })
  }

  /** Left to right or top to bottom as the screen shows it, whatever the rotation is. */
  flip(direction: 'horizontal' | 'vertical'): void {
    const { rotation, flips } = this.views[this.plane]
    const isTurned = rotation % 180 !== 0
    const isAcross = (direction === 'horizontal') !== isTurned
    this.changeView(this.plane, { flips: isAcross ? [!flips[0], flips[1]] : [flips[0], !flips[1]] })
  }

  fit(): void {
    this.changeView(this.plane, { zoom: 1, pan: [0, 0] })
  }

  /** Everything about the picture as it was when the scan was opened; the position stays. */
  resetView(): void {
    if (!this.scan) return
    this.views = allFitted
    this.window = firstWindow(this.scan.header)
    this.isInverted = this.scan.header.isInverted
  }

  autoWindow(): void {
    this.window = this.scan?.header.windows.at(-1)
  }

  // Viewports.

  get layout(): Layout {
    return this.workspace.settings?.layout ?? '2x2'
  }

  setLayout(layout: Layout): void {
    this.isMaximised = false
    void this.workspace.change({ layout })
  }

  stepLayout(step: 1 | -1): void {
    this.setLayout(neighbour(layouts, this.layout, step))
  }

  /** single outside of Compare, and as long as there are not two masks to compare. */
  get mode(): CompareMode | 'single' {
    return this.workspace.view === 'compare' && this.canCompare ? this.compare : 'single'
  }

  get hanging(): Hanging {
    return hangingOf(this.layout, this.mode === 'before-after', this.firstPlane, this.isMaximised)
  }

  activate({ plane, side }: Pane): void {
    this.plane = plane
    this.side = side
  }

  /** One viewport on, or the next plane where there is but one. */
  step(viewports: 1 | -1): void {
    const panes = panesOf(this.hanging)
    if (panes.every(({ plane }) => plane === this.plane)) {
      this.firstPlane = this.plane = neighbour(planes, this.plane, viewports)
      return
    }
    const at = panes.findIndex(({ plane, side }) => plane === this.plane && side === this.side)
    this.activate(panes[(at + viewports + panes.length) % panes.length]!)
  }

  /** Gives a plane the first place. */
  showFirst(plane: Plane): void {
    this.firstPlane = this.plane = plane
  }

  /** The viewport at work alone (in Compare: with its other half), or all of the layout again. */
  maximise(): void {
    this.isMaximised = !this.isMaximised
    if (this.isMaximised) this.firstPlane = this.plane
  }

  // Masks.

  mask(of: MaskOf): Mask | undefined {
    const { run, masks, scan } = this.workspace
    if (!run || !scan) return undefined
    return masks.find((mask) => mask.of === of && mask.run === run.id && isOnGrid(mask, scan))
  }

  /** What stands as "after": the chosen step, else the end of the adaptation. */
  get afterOf(): MaskOf {
    return this.afterStep ?? 'after'
  }

  get canCompare(): boolean {
    return !!this.mask('before') && !!this.mask(this.afterOf)
  }

  hold(what: 'before', isHeld: boolean): void {
    if (what === 'before') this.isBeforeHeld = isHeld
  }

  get isHoldingBefore(): boolean {
    return this.isBeforeHeld
  }

  get fill(): number {
    return this.fillNow ?? this.workspace.settings?.fill ?? 0.35
  }

  setFill(fill: number): void {
    this.fillNow = Math.min(1, Math.max(0, Math.round(fill * 100) / 100))
    clearTimeout(this.fillTimer)
    this.fillTimer = setTimeout(() => void this.workspace.change({ fill: this.fill }), 400)
  }

  /** In Compare: to what was gained and lost, and back to the way before. */
  toggleDifference(): void {
    if (this.compare !== 'difference') this.compareBefore = this.compare
    this.compare = this.compare === 'difference' ? this.compareBefore : 'difference'
  }

  setLayer(name: LayerName, change: Partial<LayerShown>): void {
    this.layers = { ...this.layers, [name]: { ...this.layers[name], ...change } }
  }

  /** A label's own visibility; it ends a solo. */
  toggleLabel(value: number): void {
    this.soloLabel = null
    this.hiddenLabels = this.hiddenLabels.includes(value)
      ? this.hiddenLabels.filter((other) => other !== value)
      : [...this.hiddenLabels, value]
  }

  /** The labels of the masks on screen. */
  get labels(): readonly Label[] {
    const { run } = this.workspace
    const mask = this.mask('before') ?? this.mask('kept')
    return (mask?.header.labels ?? run?.labels ?? []).filter(({ value }) => value > 0)
  }

  stepLabel(step: 1 | -1): void {
    const values = this.labels.map(({ value }) => value)
    if (values.length === 0) return
    const next = this.activeLabel === null ? values[0]! : neighbour(values, this.activeLabel, step)
    this.activeLabel = next
    if (this.soloLabel !== null) this.soloLabel = next
  }

  solo(value: number): void {
    this.soloLabel = this.soloLabel === value ? null : value
  }

  /** The masks over a viewport, bottom first. */
  layersOf(side: Side): readonly MaskLayer[] {
    if (!this.hasMasks) return []
    const before = this.mask('before')
    const after = this.mask(this.afterOf)
    if (this.isBeforeHeld && before) return [this.layer(before)]
    const { mode } = this
    if (mode === 'single') return this.singleLayers()
    if (side === 'before' || (mode === 'flip' && this.isFlipped)) return before ? [this.layer(before)] : []
    if (side === 'after' || mode === 'flip') return after ? [this.layer(after)] : []
    if (!before || !after) return []
    if (mode === 'difference') return [{ ...this.layer(after), against: before }]
    return [
      { ...this.layer(before), clip: [0, this.swipe] },
      { ...this.layer(after), clip: [this.swipe, 1] },
    ]
  }

  private singleLayers(): readonly MaskLayer[] {
    const kept = this.mask('kept')
    const shown = (['before', 'after', 'kept'] as const).flatMap((name) => {
      const layer = this.layers[name]
      const mask = this.mask(name) ?? (name === 'kept' ? this.mask('before') : undefined)
      if (!layer.visible || !mask) return []
      return [this.layer(mask, layer, name === 'before' && kept !== undefined)]
    })
    return shown
  }

  private layer(mask: Mask, shown = { fill: true, outline: true }, isDashed = false): MaskLayer {
    const outlinePx = this.workspace.settings?.outlinePx ?? 1.5
    return {
      mask,
      colors: colorsOf(mask.header.labels, this.hiddenLabels, this.soloLabel),
      fill: shown.fill && !this.isOutlineOnly ? this.fill : 0,
      outlinePx: shown.outline ? outlinePx : 0,
      isDashed,
    }
  }
}

/** Masks are told apart from those of another scan by their grid: they lie on the scan's own. */
function isOnGrid(mask: Mask, scan: Scan): boolean {
  return mask.header.shape.every((n, axis) => n === scan.header.shape[axis])
}

/** The one after or before, round the end. */
export function neighbour<T>(list: readonly T[], one: T, step: 1 | -1): T {
  return list[(list.indexOf(one) + step + list.length) % list.length]!
}

function clamp(value: number, count: number): number {
  return Math.min(count - 1, Math.max(0, value))
}
