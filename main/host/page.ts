/** The renderer's files, as both hosts serve them. */
import { extname, resolve, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** Everything from the page's own origin and nothing from elsewhere; no script or style inside the page. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  // Pictures that the page draws itself.
  "img-src 'self' blob: data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The file below `folder` that an address names; undefined where it names none that a page may have. */
export function pageFile(folder: string, pathname: string): string | undefined {
  try {
    const path = resolve(folder, `.${decodeURIComponent(pathname)}`)
    return path.startsWith(resolve(folder) + sep) && extname(path) in types ? path : undefined
  } catch {
    // No percent-encoding.
    return undefined
  }
}

export function pageHeaders(path: string): Record<string, string> {
  return {
    'content-type': types[extname(path)]!,
    'content-security-policy': contentPolicy,
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), clipboard-read=()',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
}
