/** call() and on(): the only file that knows which host is underneath. */
import type { Bridge, CallName, Event, Frame, Input, Output, Reply } from '../../main/contract/contract.ts'
import type { ErrorShape, Pick } from '../../main/contract/schemas.ts'

/** What a call was refused with: a sentence and a remedy, ready to be shown. */
export class CallError extends Error {
  readonly code: string
  readonly remedy: string

  constructor({ code, message, remedy }: ErrorShape) {
    super(message)
    this.code = code
    this.remedy = remedy
  }
}

declare global {
  interface Window {
    /** There in the Electron shell. */
    readonly scanbridge?: Bridge
  }
}

export async function call<K extends CallName>(name: K, input: Input<K>): Promise<Output<K>> {
  return valueOf(await (window.scanbridge ? window.scanbridge.call(name, input) : post(name, input))) as Output<K>
}

/** Connected means: events may have been missed, read the state again. A refusal is final for this window. */
type OnGap = (isConnected: boolean, refusal?: ErrorShape) => void

/** Events until the returned function is called. */
export function on(listener: (event: Event) => void, onGap: OnGap): () => void {
  if (window.scanbridge) {
    const stop = window.scanbridge.on(listener)
    onGap(true)
    return stop
  }
  const controller = new AbortController()
  void listen(listener, onGap, controller.signal)
  return () => controller.abort()
}

/** Makes dropped files a pick: by their paths in Electron, by upload to the loopback host otherwise. */
export async function pickDropped(
  files: readonly { readonly file: File; readonly path: string }[],
  name: string,
  onShare: (share: number) => void,
): Promise<Pick> {
  if (window.scanbridge) return valueOf(await window.scanbridge.pickDropped(files.map(({ file }) => file)))
  const pick = await call('pick.upload', { name })
  let sent = 0
  const queue = [...files]
  const first = new AbortController()
  const send = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      await upload(pick, next, first.signal)
      onShare(++sent / files.length)
    }
  }
  try {
    await Promise.all([send(), send(), send(), send()])
  } finally {
    // One refusal ends the drop: whoever still sends stops.
    first.abort()
  }
  return pick
}

async function upload(
  { pick }: Pick,
  { file, path }: { readonly file: File; readonly path: string },
  signal: AbortSignal,
): Promise<void> {
  const address = `upload/${pick}/${path.split('/').map(encodeURIComponent).join('/')}`
  const response = await fetch(address, { method: 'PUT', headers: authorization(), body: file, signal }).catch(
    async () => {
      signal.throwIfAborted()
      throw new CallError(
        await file
          .slice(0, 1)
          .arrayBuffer()
          .then(
            () => gone,
            () => unreadable(file.name),
          ),
      )
    },
  )
  if (!response.ok) valueOf((await response.json()) as Reply<never>)
  // It may have got through just before another was refused.
  signal.throwIfAborted()
}

function valueOf<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.value
  throw new CallError(reply.error)
}

const tokenKey = 'scanbridge-token'

/** From the address that the host opened; kept for reloads of this tab, and taken out of the address. */
function token(): string {
  const given = /^#token=([\w-]+)/.exec(location.hash)?.[1]
  if (given) {
    sessionStorage.setItem(tokenKey, given)
    history.replaceState(null, '', location.pathname)
  }
  return given ?? sessionStorage.getItem(tokenKey) ?? ''
}

function authorization(): Record<string, string> {
  return { authorization: `Bearer ${token()}` }
}

const gone: ErrorShape = {
  code: 'host-gone',
  message: 'Scanbridge does not answer: its host has ended.',
  remedy: 'Start it again with "npm start" or "scanbridge serve" and open the address that it prints.',
}

const unreadable = (name: string): ErrorShape => ({
  code: 'drop-unreadable',
  message: `${name} cannot be read any more.`,
  remedy: 'See whether it is still there, and drop it again.',
})

async function post(name: string, input: unknown): Promise<Reply<unknown>> {
  const headers = { ...authorization(), 'content-type': 'application/json' }
  const response = await fetch(`call/${name}`, { method: 'POST', headers, body: JSON.stringify(input) }).catch(
    () => undefined,
  )
  if (!response) return { ok: false, error: gone }
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/json')) return (await response.json()) as Reply<unknown>
  return { ok: true, value: readFrame(await response.arrayBuffer()) }
}

/** See frameType in the contract. */
function readFrame(buffer: ArrayBuffer): Frame<unknown> {
  const length = new DataView(buffer).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as unknown
  return { header, bytes: new Uint8Array(buffer, 4 + length) }
}

async function listen(listener: (event: Event) => void, onGap: OnGap, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let refusal: ErrorShape | undefined
    try {
      const response = await fetch('events', { headers: authorization(), signal })
      if (response.status === 401 || response.status === 403) {
        const reply = (await response.json()) as Reply<never>
        if (!reply.ok) refusal = reply.error
      } else if (response.ok && response.body) {
        onGap(true)
        await readLines(response.body, (line) => listener(JSON.parse(line) as Event))
      }
    } catch {
      // The host is away, or this page is closing: told by onGap, tried again below.
    }
    if (signal.aborted) return
    onGap(false, refusal)
    // What is asked again the same way is refused again.
    if (refusal) return
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

async function readLines(body: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  const decoder = new TextDecoder()
  for (const reader = body.getReader(); ;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
    rest = lines.pop()!
    // An empty line is the host's sign of life.
    for (const line of lines) if (line) onLine(line)
  }
}
