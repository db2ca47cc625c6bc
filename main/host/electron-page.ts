/** The page of the window, under a scheme of its own: the renderer's files and nothing else on this machine. */
import { protocol } from 'electron'
import { readFile } from 'node:fs/promises'
import { pageFile, pageHeaders } from './page.ts'

const origin = 'app://scanbridge'
export const pageUrl = `${origin}/index.html`

/** Whether an address is the window's own: only such a page may call. */
export function isOwnPage(url: string): boolean {
  return URL.parse(url)?.href.startsWith(`${origin}/`) ?? false
}

/** Before Electron is ready. Standard: relative addresses, storage and a real origin; secure: workers and WebAssembly. */
export function registerPageScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true }
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges }])
}

export function servePage(folder: string): void {
  protocol.handle('app', async ({ url, method }) => {
    const { host, pathname } = new URL(url)
    const path = method === 'GET' && host === 'scanbridge' ? pageFile(folder, pathname) : undefined
    const bytes = path && (await readFile(path).catch(() => undefined))
    if (!path || !bytes) return new Response('Not found', { status: 404 })
    return new Response(bytes, { headers: pageHeaders(path) })
  })
}
