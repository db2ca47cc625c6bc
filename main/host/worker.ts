/** Entry of the forked process that owns the use cases: training must not block a window. Forked by plain Node, or by Electron
 *  as a utility process; the messages are the same. */
import { events } from '../contract/contract.ts'
import type { AppHandlers, Event } from '../contract/contract.ts'
import { answer, toErrorShape } from './answer.ts'
import type { FromWorker, ToWorker } from './messages.ts'

type Service = AppHandlers & { close(): Promise<void> }
/** As Electron gives it to a utility process. */
type ParentPort = {
  on(event: 'message', listener: (message: { data: unknown }) => void): void
  postMessage(message: unknown): void
}

const port = (process as { parentPort?: ParentPort }).parentPort
const log = (text: string): void => void process.stderr.write(`${text}\n`)

function post(message: FromWorker): void {
  if (port) port.postMessage(message)
  else if (process.connected) process.send!(message)
}

function emit({ event, payload }: Event): void {
  // Nothing but what the contract names leaves this process.
  const checked = events[event].safeParse(payload)
  if (checked.success) post({ event, payload: checked.data } as Event)
  else log(`event ${event}: ${checked.error.message}`)
}

async function createService(): Promise<Service> {
  const { createService } = await import('../app/service.ts')
  const { homeFolder } = await import('../app/state-files.ts')
  const { simulate } = await import('../../fixtures/simulate.ts')
  return createService({ home: homeFolder(), emit, simulate })
}

/** Where it does not begin the reason is the reply, and the next call tries again: a full disk may have room by then. */
function begin(): Promise<Service> {
  const begun = createService()
  begun.then(
    () => post({ ready: true }),
    (error: unknown) => {
      log(error instanceof Error ? (error.stack ?? error.message) : String(error))
      service = undefined
    },
  )
  return begun
}

let service: Promise<Service> | undefined = begin()

async function receive(message: ToWorker): Promise<void> {
  if ('end' in message) return end()
  const { id, call, input, picked } = message
  try {
    post({ id, reply: await answer(await (service ??= begin()), call, input, picked, log) })
  } catch (error) {
    post({ id, reply: { ok: false, error: toErrorShape(error, call, log) } })
  }
}

let isEnding = false
async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  await service?.then((running) => running.close()).catch((error: unknown) => log(String(error)))
  process.exit()
}

// Ctrl-C on a terminal reaches this process too; the host says when to end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => void end())
if (port) port.on('message', ({ data }) => void receive(data as ToWorker))
else
  process
    .on('message', (message) => void receive(message as ToWorker))
    // The host is gone: what is done is on disk, and nobody waits for the rest.
    .on('disconnect', () => void end())
