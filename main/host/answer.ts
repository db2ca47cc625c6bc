import type { z } from 'zod'
import { calls } from '../contract/contract.ts'
import type { AppHandlers, CallName, Frame, HostHandlers, Picked, Reply } from '../contract/contract.ts'
import type { ErrorShape } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'

type Handler = (input: unknown, picked: Picked) => Promise<unknown>

/** Answers one request: checks it, runs its handler, checks what came out. Never throws; `log` gets the stacks of faults. */
export async function answer(
  handlers: AppHandlers | HostHandlers,
  name: string,
  input: unknown,
  picked: Picked,
  log: (text: string) => void,
): Promise<Reply<unknown>> {
  try {
    const call = callNamed(name)
    if (!call || !Object.hasOwn(handlers, name)) throw new UserError('request-unknown', { name })
    const request = checkInput(name, input)
    const handler = (handlers as unknown as Record<string, Handler>)[name]!
    return { ok: true, value: checkOutput(name, await handler.call(handlers, request, picked)) }
  } catch (error) {
    return { ok: false, error: toErrorShape(error, name, log) }
  }
}

/** The request in the form that its schema gives it; UserError where it has another. */
export function checkInput(name: string, input: unknown): unknown {
  const call = callNamed(name)
  if (!call) throw new UserError('request-unknown', { name })
  const parsed = call.input.safeParse(input ?? {})
  if (!parsed.success) throw new UserError('request-invalid', { name, reason: firstIssue(parsed.error) })
  return parsed.data
}

/** A UserError as it stands. Anything else is a fault: its stack goes to `log`, the window gets a sentence. */
export function toErrorShape(error: unknown, name: string, log: (text: string) => void): ErrorShape {
  if (error instanceof UserError) return { code: error.code, message: error.sentence, remedy: error.remedy }
  log(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return {
    code: 'internal',
    message: `Scanbridge failed at "${name}" by a fault of its own.`,
    remedy: 'Try it again. If it fails again, report the lines that the log shows; no run is lost.',
  }
}

function checkOutput(name: string, output: unknown): unknown {
  const call = callNamed(name)!
  if (call.kind === 'value') return call.output.parse(output === undefined ? {} : output)
  const { header, bytes } = output as Frame<unknown>
  return { header: call.output.parse(header), bytes }
}

function callNamed(name: string): (typeof calls)[CallName] | undefined {
  return Object.hasOwn(calls, name) ? calls[name as CallName] : undefined
}

function firstIssue(error: z.ZodError): string {
  const { path, message } = error.issues[0]!
  return `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`
}
