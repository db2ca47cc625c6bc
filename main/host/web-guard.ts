import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ErrorShape } from '../contract/schemas.ts'

/** Why a request is not answered at all. */
export type Refusal = { readonly status: number; readonly error: ErrorShape }

/** Only pages of this very host may speak to it: another site that a browser shows is told by its Origin, and one whose name
 *  was made to point here by its Host. */
export function refuseStranger({ headers }: IncomingMessage, authority: string): Refusal | undefined {
  const { host, origin } = headers
  if (host !== authority) return refusal(403, 'foreign-host', 'This address is not the one that Scanbridge serves.')
  if (origin !== undefined && origin !== `http://${authority}`)
    return refusal(403, 'foreign-origin', 'Another site may not speak to Scanbridge.')
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && headers['sec-fetch-mode'] !== 'navigate')
    return refusal(403, 'foreign-origin', 'Another site may not speak to Scanbridge.')
  return undefined
}

/** Each launch has a token of its own, known to the windows that were opened with its address. */
export function refuseWithoutToken({ headers }: IncomingMessage, token: string): Refusal | undefined {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  if (given === undefined) return refusal(401, 'token-missing', 'This window was not opened by Scanbridge.')
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  if (a.length === b.length && timingSafeEqual(a, b)) return undefined
  return refusal(403, 'token-wrong', 'Scanbridge was started anew since this window was opened.')
}

export function refusal(status: number, code: string, message: string): Refusal {
  return { status, error: { code, message, remedy: 'Open the address that Scanbridge printed when it started.' } }
}
