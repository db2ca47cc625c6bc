import { app, BrowserWindow, screen } from 'electron'
import type { Session } from 'electron'
import { join } from 'node:path'
import { isOwnPage } from './electron-page.ts'
import { onScreen, readWindowState, writeWindowState } from './electron-window-state.ts'

/** The window, hidden until its page has something to show, where it was when it was last closed. */
export function createWindow(): BrowserWindow {
  const statePath = join(app.getPath('userData'), 'window.json')
  const main = screen.getPrimaryDisplay()
  const others = screen.getAllDisplays().filter(({ id }) => id !== main.id)
  const areas = [main, ...others].map(({ workArea }) => workArea)
  const { isMaximized, ...bounds } = onScreen(readWindowState(statePath), areas)
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: 'Scanbridge',
    backgroundColor: '#14161a',
    webPreferences: {
      preload: join(import.meta.dirname, 'electron-preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  })
  if (isMaximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  // The title is what window.title says: it knows more than the page's own.
  window.on('page-title-updated', (event) => event.preventDefault())
  window.on('close', () =>
    writeWindowState(statePath, { ...window.getNormalBounds(), isMaximized: window.isMaximized() }),
  )
  return window
}

/** No page gets a permission, a second window or another address, and no request leaves for anywhere. */
export function lockDown(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, reply) => reply(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest(({ url }, reply) => reply({ cancel: !isLocal(url) }))
  // What the user exports: the system's dialog asks where to.
  session.on('will-download', (event, item) => {
    if (!item.getURL().startsWith('blob:app://scanbridge/')) event.preventDefault()
  })
  app.on('web-contents-created', (_, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    contents.on('will-attach-webview', (event) => event.preventDefault())
    for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate'] as const)
      contents.on(name as 'will-navigate', (event) => {
        if (!isOwnPage(event.url)) event.preventDefault()
      })
  })
}

/** devtools: only a developer's shell opens them. */
function isLocal(url: string): boolean {
  return isOwnPage(url) || /^(blob:app:\/\/scanbridge\/|data:|devtools:)/.test(url)
}
