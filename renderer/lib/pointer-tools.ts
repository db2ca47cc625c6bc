/** What the mouse, a touchpad and fingers do on a viewport. */
import type { Attachment } from 'svelte/attachments'
import type { Settings } from '../../main/contract/schemas.ts'
import type { Pane } from './layout.ts'
import type { ReaderState, Tool } from './reader-state.svelte.ts'
import { canvasToPixel, pixelsPerMm, planeToCanvas, zoomedAt } from './view-transform.ts'
import type { Size } from './view-transform.ts'
import { draggedWindow } from './windows.ts'

type Point = readonly [number, number]
type Drag = { readonly tool: Tool; readonly start: Point; last: Point }

/** A turn of a touchpad by so many pixels is a slice; a mouse wheel's notch always is one. */
const pixelsPerSlice = 24

/** left: the tool of the toolbar; middle: pan; right: zoom; wheel: slices; Ctrl and wheel, or pinch: zoom; Shift and move:
 *  crosshair; double click: this viewport alone; Ctrl and double click: automatic window. */
export function pointerTools(
  reader: ReaderState,
  pane: () => Pane,
  settings: () => Settings | undefined,
): Attachment<HTMLElement> {
  return (stage) => {
    const stop = new AbortController()
    const { signal } = stop
    const fingers = new Map<number, Point>()
    let drag: Drag | undefined
    let turned = 0

    const size = (): Size => ({ width: stage.clientWidth, height: stage.clientHeight })
    const view = () => reader.views[pane().plane]
    const cut = () => reader.cut(pane().plane)
    const at = (event: MouseEvent): Point => {
      const box = stage.getBoundingClientRect()
      return [event.clientX - box.left, event.clientY - box.top]
    }
    const zoom = (point: Point, factor: number): void =>
      reader.changeView(pane().plane, zoomedAt(cut(), view(), size(), point, factor))
    const pan = ([x, y]: Point): void => {
      const scale = pixelsPerMm(cut(), view(), size())
      const before = view().pan
      reader.changeView(pane().plane, { pan: [before[0] + x / scale, before[1] + y / scale] })
    }
    const point = (where: Point): void => {
      const [column, row] = canvasToPixel(cut(), planeToCanvas(cut(), view(), size()), where)
      reader.goToPixel(pane().plane, [column, row, reader.slice(pane().plane)])
    }

    const move = (tool: Tool, start: Point, to: Point, by: Point): void => {
      if (tool === 'pan') pan(by)
      else if (tool === 'zoom') zoom(start, Math.exp(-by[1] / 150))
      else if (tool === 'crosshair') point(to)
      else if (reader.window) reader.window = draggedWindow(reader.window, by, settings()?.levelDown ?? 'darker')
    }

    const pinch = (event: PointerEvent): void => {
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
      const before = fingers.get(event.pointerId)
      const now = at(event)
      if (!other || !before) return
      const apart = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1])
      const middle: Point = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]
      zoom(middle, apart(now, other) / Math.max(1, apart(before, other)))
      pan([(now[0] - before[0]) / 2, (now[1] - before[1]) / 2])
      fingers.set(event.pointerId, now)
    }

    const onDown = (event: PointerEvent): void => {
      const tool = ([reader.leftTool, 'pan', 'zoom'] as const)[event.button]
      if (!tool) return
      reader.activate(pane())
      stage.setPointerCapture(event.pointerId)
      if (event.pointerType === 'touch') fingers.set(event.pointerId, at(event))
      const chosen = event.button === 0 && event.shiftKey ? 'crosshair' : tool
      drag = fingers.size > 1 ? undefined : { tool: chosen, start: at(event), last: at(event) }
      if (chosen === 'crosshair' && drag) point(at(event))
      reader.isDragging = drag !== undefined && chosen === 'window'
      // The middle button would scroll the page by itself.
      if (event.button === 1) event.preventDefault()
    }
    const onMove = (event: PointerEvent): void => {
      if (fingers.size > 1) return pinch(event)
      if (drag) {
        const now = at(event)
        move(drag.tool, drag.start, now, [now[0] - drag.last[0], now[1] - drag.last[1]])
        drag.last = now
      } else if (event.shiftKey) point(at(event))
    }
    const onUp = (event: PointerEvent): void => {
      fingers.delete(event.pointerId)
      drag = undefined
      reader.isDragging = false
    }
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault()
      // A pinch on a touchpad comes as a wheel with Ctrl.
      if (event.ctrlKey) return zoom(at(event), Math.exp(-event.deltaY / (isNotch(event) ? 500 : 100)))
      const delta = event.deltaY || event.deltaX
      turned = isNotch(event) ? Math.sign(delta) : turned + delta / pixelsPerSlice
      const slices = Math.trunc(turned)
      turned -= slices
      if (slices !== 0) reader.scroll(pane().plane, settings()?.wheelUp === 'next' ? -slices : slices)
    }
    const onDouble = (event: MouseEvent): void => {
      if (event.ctrlKey || event.metaKey) return reader.autoWindow()
      reader.activate(pane())
      reader.maximise()
    }

    stage.addEventListener('pointerdown', onDown, { signal })
    stage.addEventListener('pointermove', onMove, { signal })
    stage.addEventListener('pointerup', onUp, { signal })
    stage.addEventListener('pointercancel', onUp, { signal })
    stage.addEventListener('wheel', onWheel, { signal, passive: false })
    stage.addEventListener('dblclick', onDouble, { signal })
    stage.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
    return () => stop.abort()
  }
}

/** A wheel that turns in steps; touchpads send small and fractional ways. */
function isNotch({ deltaMode, deltaY, deltaX }: WheelEvent): boolean {
  return deltaMode !== WheelEvent.DOM_DELTA_PIXEL || (Math.abs(deltaY || deltaX) >= 50 && Number.isInteger(deltaY))
}
