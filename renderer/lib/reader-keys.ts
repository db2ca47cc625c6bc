/** What the keys of the reader do, while a viewer is on screen. */
import type { ActionName } from './actions.ts'
import { keys } from './keys.ts'
import { compareModes, neighbour, tools } from './reader-state.svelte.ts'
import type { ReaderState, Tool } from './reader-state.svelte.ts'
import { planeToCanvas, zoomedAt } from './view-transform.ts'
import type { Workspace } from './workspace.svelte.ts'

type Keyed = Partial<Record<ActionName, () => unknown>>

export function handleReaderKeys(reader: ReaderState, workspace: Workspace, segment: () => void): () => void {
  const zoom = (factor: number): void => {
    // Sizes cancel out: the point that stays is the middle.
    const size = { width: 2, height: 2 }
    reader.changeView(
      reader.plane,
      zoomedAt(reader.cut(reader.plane), reader.views[reader.plane], size, [1, 1], factor),
    )
  }
  const moveCrosshair = (right: number, down: number): void => {
    const { plane } = reader
    // As the screen shows it: turned and flipped views move the other way through the plane.
    const [a, b, c, d] = planeToCanvas(reader.cut(plane), reader.views[plane], { width: 1, height: 1 })
    const [column, row] = reader.pixel(plane)
    const columns = right * Math.sign(a) + down * Math.sign(b)
    const rows = right * Math.sign(c) + down * Math.sign(d)
    reader.goToPixel(plane, [Math.round(column) + columns, Math.round(row) + rows, reader.slice(plane)])
  }
  const preset = (n: number): void => {
    const window = reader.windows[n - 1]
    if (window) reader.window = window
  }
  const hasMasks = (): boolean => reader.labels.length > 0

  const withScan: Keyed = {
    'slice.previous': () => reader.scroll(reader.plane, -1),
    'slice.next': () => reader.scroll(reader.plane, 1),
    'slice.back': () => reader.scroll(reader.plane, -10),
    'slice.forward': () => reader.scroll(reader.plane, 10),
    'slice.first': () => reader.goToSlice(reader.plane, 0),
    'slice.last': () => reader.goToSlice(reader.plane, reader.cut(reader.plane).size[2] - 1),
    'viewport.previous': () => reader.step(-1),
    'viewport.next': () => reader.step(1),
    'viewport.maximise': () => reader.maximise(),
    'crosshair.left': () => moveCrosshair(-1, 0),
    'crosshair.right': () => moveCrosshair(1, 0),
    'crosshair.up': () => moveCrosshair(0, -1),
    'crosshair.down': () => moveCrosshair(0, 1),
    'layout.previous': () => reader.stepLayout(-1),
    'layout.next': () => reader.stepLayout(1),
    'zoom.in': () => zoom(1.2),
    'zoom.out': () => zoom(1 / 1.2),
    'zoom.fit': () => reader.fit(),
    'view.reset': () => reader.resetView(),
    'view.invert': () => (reader.isInverted = !reader.isInverted),
    'view.rotate-right': () => reader.rotate(1),
    'view.rotate-left': () => reader.rotate(-1),
    'view.flip-horizontal': () => reader.flip('horizontal'),
    'view.flip-vertical': () => reader.flip('vertical'),
    'view.text': () => workspace.change({ showText: !workspace.settings?.showText }),
    'view.cine': () => (reader.isPlaying = !reader.isPlaying),
    'view.crosshair': () => (reader.hasCrosshair = !reader.hasCrosshair),
    'preset.auto': () => reader.autoWindow(),
    'preset.1': () => preset(1),
    'preset.2': () => preset(2),
    'preset.3': () => preset(3),
    'preset.4': () => preset(4),
    'preset.5': () => preset(5),
    'tool.next': () => (reader.tool = neighbour(tools, reader.tool, 1)),
    segment,
  }
  const withMasks: Keyed = {
    'mask.toggle': () => (reader.hasMasks = !reader.hasMasks),
    'mask.outline': () => (reader.isOutlineOnly = !reader.isOutlineOnly),
    'mask.less': () => reader.setFill(reader.fill - 0.05),
    'mask.more': () => reader.setFill(reader.fill + 0.05),
    'label.previous': () => reader.stepLabel(-1),
    'label.next': () => reader.stepLabel(1),
    'label.solo': () => reader.solo(reader.activeLabel ?? reader.labels[0]!.value),
    'compare.difference': () => reader.toggleDifference(),
    'compare.next-mode': () => (reader.compare = neighbour(compareModes, reader.compare, 1)),
  }
  const ends = [
    ...handleAll(withScan, () => reader.scan !== undefined),
    ...handleAll(withMasks, hasMasks),
    ...(['window', 'zoom', 'pan'] as const).map((tool) => handleTool(reader, tool)),
    keys.handle('compare.before', { down: () => reader.hold('before', true), up: () => reader.hold('before', false) }),
    keys.handle('cancel', () => letGo(reader)),
  ]
  return () => ends.forEach((end) => end())
}

/** False leaves a key to others while there is nothing to act on. */
function handleAll(keyed: Keyed, isReady: () => boolean): (() => void)[] {
  return Object.entries(keyed).map(([action, act]) =>
    keys.handle(action as ActionName, () => {
      if (!isReady()) return false
      act()
      return true
    }),
  )
}

function handleTool(reader: ReaderState, tool: Tool & ('window' | 'zoom' | 'pan')): () => void {
  return keys.handle(`tool.${tool}`, {
    down: () => (reader.heldTool = tool),
    up: () => (reader.heldTool = null),
  })
}

function letGo(reader: ReaderState): boolean {
  if (reader.isPlaying) reader.isPlaying = false
  else if (reader.heldTool) reader.heldTool = null
  else if (reader.isMaximised) reader.maximise()
  else return false
  return true
}
