import type { ServerResponse } from 'node:http'
import type { Event } from '../contract/contract.ts'

/** A window that reads no more than this behind has gone to sleep: it reads the state again when it wakes. */
const furthestBehind = 8 * 2 ** 20
const heartbeatMs = 10_000

export type EventStreams = {
  readonly add: (response: ServerResponse) => void
  readonly send: (event: Event) => void
  readonly close: () => void
}

/** Events to every window that listens: one line of JSON each, an empty line as a sign of life. */
export function createEventStreams(): EventStreams {
  const streams = new Set<ServerResponse>()
  const write = (line: string): void => {
    for (const stream of streams) {
      if (stream.writableLength > furthestBehind) stream.destroy()
      else stream.write(line)
    }
  }
  const heartbeat = setInterval(write, heartbeatMs, '\n')
  return {
    add(response) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.write('\n')
      streams.add(response)
      response.once('close', () => streams.delete(response))
    },
    send: (event) => write(`${JSON.stringify(event)}\n`),
    close() {
      clearInterval(heartbeat)
      streams.forEach((stream) => stream.end())
    },
  }
}
