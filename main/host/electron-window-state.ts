import type { Rectangle } from 'electron'
import { readFileSync } from 'node:fs'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'

const WindowState = z.object({
  x: z.number().int().exactOptional(),
  y: z.number().int().exactOptional(),
  width: z.number().int().min(400),
  height: z.number().int().min(300),
  isMaximized: z.boolean(),
})
export type WindowState = z.infer<typeof WindowState>

const firstState: WindowState = { width: 1440, height: 900, isMaximized: false }

/** Where the window was when it was last closed; the middle of the screen where that is not known any more. */
export function readWindowState(path: string): WindowState {
  try {
    return WindowState.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // Never written, or damaged: nothing is lost but a place.
    return firstState
  }
}

export function writeWindowState(path: string, state: WindowState): void {
  writeFileAtomic.sync(path, JSON.stringify(state))
}

/** Enough of the title bar to take hold of it. */
const gripWidth = 120
const gripHeight = 40

/** A screen may have been unplugged since: a window that could not be taken hold of comes up in the middle, no larger than the
 *  first screen. `screens`: their work areas, the main one first. */
export function onScreen(state: WindowState, screens: readonly Rectangle[]): WindowState {
  const { x, y, width, height, isMaximized } = state
  const isReachable = screens.some((screen) => {
    if (x === undefined || y === undefined) return false
    const shared = Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x)
    return shared >= gripWidth && y >= screen.y && y + gripHeight <= screen.y + screen.height
  })
  if (isReachable) return state
  const [main] = screens
  if (!main) return { width, height, isMaximized }
  return { width: Math.min(width, main.width), height: Math.min(height, main.height), isMaximized }
}
