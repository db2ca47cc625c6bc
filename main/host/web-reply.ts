import type { IncomingMessage, ServerResponse } from 'node:http'
import { frameType } from '../contract/contract.ts'
import type { Frame, Reply } from '../contract/contract.ts'
import { UserError } from '../errors.ts'

const largestBody = 2 ** 20

export function sendReply(response: ServerResponse, status: number, reply: Reply<unknown>): void {
  const body = Buffer.from(JSON.stringify(reply))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

/** See frameType in the contract. */
export function sendFrame(response: ServerResponse, { header, bytes }: Frame<unknown>): void {
  const json = Buffer.from(JSON.stringify(header))
  const length = Math.ceil((4 + json.length) / 8) * 8 - 4
  const head = Buffer.alloc(4 + length, ' ')
  head.writeUInt32LE(length)
  json.copy(head, 4)
  response.writeHead(200, { 'content-type': frameType, 'content-length': head.length + bytes.length })
  response.write(head)
  response.end(bytes)
}

/** The JSON body of a request; UserError where it is none, or too large. */
export async function readBody(request: IncomingMessage, name: string): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBody) throw new UserError('request-invalid', { name, reason: 'it is larger than 1 MB' })
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown
  } catch (cause) {
    throw new UserError('request-invalid', { name, reason: 'it is no JSON' }, { cause })
  }
}
