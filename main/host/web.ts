import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { calls } from '../contract/contract.ts'
import type { CallName, Frame, HostHandlers } from '../contract/contract.ts'
import { UserError } from '../errors.ts'
import { toErrorShape } from './answer.ts'
import { dispatch } from './dispatch.ts'
import { forkNode } from './fork.ts'
import { pageFile, pageHeaders } from './page.ts'
import { createBrowser } from './picks-browse.ts'
import { createPicks } from './picks.ts'
import { supervise } from './supervise.ts'
import { createEventStreams } from './web-events.ts'
import { refusal, refuseStranger, refuseWithoutToken } from './web-guard.ts'
import type { Refusal } from './web-guard.ts'
import { readBody, sendFrame, sendReply } from './web-reply.ts'
import { createUploads } from './web-upload.ts'

const page = fileURLToPath(new URL('../../out/renderer', import.meta.url))
const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))

export type WebOptions = {
  /** 0: any that is free. */
  readonly port: number
  /** Folders below which a window may look for scans. */
  readonly roots: readonly string[]
  /** What the windows open first. */
  readonly open?: string
  readonly opensSample?: boolean
  readonly log: (text: string) => void
}

export type WebHost = {
  /** With the token: whoever has it can use the app. */
  readonly address: string
  readonly port: number
  /** Nothing is left afterwards: no worker, no copies of dropped files. */
  close(): Promise<void>
}

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** The app for browsers on this machine: the page, and the contract's calls over HTTP on 127.0.0.1. */
export async function startWeb({ port, roots, open, opensSample = false, log }: WebOptions): Promise<WebHost> {
  const token = randomBytes(32).toString('base64url')
  const picks = createPicks()
  const browser = createBrowser(roots, picks)
  const uploads = createUploads(picks)
  const opened = open === undefined ? null : picks.add(open)
  const supervisor = supervise(forkNode(worker), log)
  const streams = createEventStreams()
  supervisor.on(streams.send)

  const info = { kind: 'web', picker: 'browser', open: opened, opensSample } as const
  const handlers: HostHandlers = {
    'host.info': () => Promise.resolve({ ...info, worker: supervisor.state() }),
    'pick.dialog': () => Promise.reject(noDialog()),
    'pick.browse': ({ folder }) => browser.browse(folder),
    'pick.choose': ({ entry }) => browser.choose(entry),
    'pick.upload': ({ name }) => Promise.resolve(uploads.begin(name)),
    // The page sets its own title.
    'window.title': () => Promise.resolve({}),
  }
  const parts = { handlers, supervisor, picks, log }

  const answerCall = async (request: IncomingMessage, response: ServerResponse, name: string): Promise<void> => {
    const reply = await dispatch(parts, name, await readBody(request, name))
    if (reply.ok && calls[name as CallName].kind === 'frame') return sendFrame(response, reply.value as Frame<unknown>)
    const status = !reply.ok && reply.error.code.startsWith('request-') ? 400 : 200
    sendReply(response, status, reply)
  }

  const takeFile = async (request: IncomingMessage, response: ServerResponse, place: string): Promise<void> => {
    const [, pick, path] = /^([^/]+)\/(.+)$/.exec(place) ?? []
    if (pick === undefined || path === undefined) throw new UserError('pick-unknown')
    await uploads.receive(pick, path, request)
    sendReply(response, 200, { ok: true, value: {} })
  }

  const route = async (request: IncomingMessage, response: ServerResponse, authority: string): Promise<void> => {
    const { method = '', url = '' } = request
    const path = url.split('?', 1)[0]!
    const refuse = ({ status, error }: Refusal): void => sendReply(response, status, { ok: false, error })
    const stranger = refuseStranger(request, authority)
    if (stranger) return refuse(stranger)
    const [, door, rest] = /^\/(call|upload|events)(?:\/(.*))?$/.exec(path) ?? []
    if (door === undefined) return method === 'GET' ? sendPage(response, path) : refuse(wrongMethod)
    if (method !== { call: 'POST', upload: 'PUT', events: 'GET' }[door]) return refuse(wrongMethod)
    const nobody = refuseWithoutToken(request, token)
    if (nobody) return refuse(nobody)
    if (door === 'events') return streams.add(response)
    return door === 'call' ? answerCall(request, response, rest ?? '') : takeFile(request, response, rest ?? '')
  }

  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    route(request, response, `127.0.0.1:${chosenPort()}`).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return void response.destroy()
      // The rest of a body that nobody reads would come with the next request.
      response.setHeader('connection', 'close')
      sendReply(response, 400, { ok: false, error: toErrorShape(error, request.url ?? '', log) })
    })
  })
  // A large file takes its time.
  server.requestTimeout = 0
  const chosenPort = (): number => (server.address() as AddressInfo).port

  const close = async (): Promise<void> => {
    streams.close()
    const closed = new Promise((resolve) => server.close(resolve))
    await supervisor.close()
    server.closeAllConnections()
    await closed
    uploads.close()
  }
  try {
    await listen(server, port)
  } catch (error) {
    await close()
    throw error
  }
  return { address: `http://127.0.0.1:${chosenPort()}/#token=${token}`, port: chosenPort(), close }
}

function noDialog(): UserError {
  const detail = { name: 'A file', reason: 'a browser shows no dialog of the system' }
  return new UserError('pick-refused', { ...detail, remedy: 'Choose from the list, or drop it.' })
}

const wrongMethod = refusal(405, 'wrong-method', 'There is nothing of that kind here.')

async function sendPage(response: ServerResponse, path: string): Promise<void> {
  const file = pageFile(page, path === '/' ? '/index.html' : path)
  const bytes = file === undefined ? undefined : await readFile(file).catch(() => undefined)
  if (file !== undefined && bytes) return void response.writeHead(200, pageHeaders(file)).end(bytes)
  const text = path === '/' ? 'The page is not built yet: npm run build makes it.' : 'Not found.'
  response.writeHead(404, { 'content-type': 'text/plain' }).end(text)
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = cause.code === 'EADDRINUSE' ? `Port ${port} is taken` : `Port ${port} cannot be used`
      reject(new UserError('usage', { problem, remedy: 'Give another with --port, or none.' }, { cause }))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}
