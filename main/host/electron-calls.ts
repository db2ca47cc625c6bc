import { ipcMain } from 'electron'
import type { BrowserWindow, IpcMainInvokeEvent } from 'electron'
import type { Event, HostHandlers, Reply } from '../contract/contract.ts'
import { toErrorShape } from './answer.ts'
import { dispatch } from './dispatch.ts'
import type { Drops } from './electron-drops.ts'
import { isOwnPage } from './electron-page.ts'
import type { Picks } from './picks.ts'
import type { Supervisor } from './supervise.ts'

type Parts = {
  readonly window: BrowserWindow
  readonly handlers: HostHandlers
  readonly supervisor: Supervisor
  readonly picks: Picks
  readonly drops: Drops
  readonly log: (text: string) => void
}

/** Answers what the preload script forwards, for the window's own page alone. */
export function answerWindow({ window, drops, ...parts }: Parts): void {
  const isOwn = ({ senderFrame }: IpcMainInvokeEvent): boolean =>
    senderFrame === window.webContents.mainFrame && isOwnPage(senderFrame.url)

  ipcMain.handle('call', (event, name: unknown, input: unknown) =>
    isOwn(event) ? dispatch(parts, String(name), input) : stranger,
  )
  ipcMain.handle('drop', (event, paths: unknown): Reply<unknown> => {
    if (!isOwn(event) || !isTexts(paths)) return stranger
    try {
      return { ok: true, value: drops.take(paths) }
    } catch (error) {
      return { ok: false, error: toErrorShape(error, 'drop', parts.log) }
    }
  })
}

/** Gives an event to the window, where there is one that can take it. */
export function sendTo(window: BrowserWindow): (event: Event) => void {
  return (event) => {
    if (!window.isDestroyed() && !window.webContents.isCrashed()) window.webContents.send('event', event)
  }
}

const stranger: Reply<never> = {
  ok: false,
  error: {
    code: 'foreign-origin',
    message: 'Only the window of Scanbridge may call it.',
    remedy: 'Restart Scanbridge.',
  },
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
