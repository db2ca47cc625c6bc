import type { HostHandlers, Reply } from '../contract/contract.ts'
import { answer, checkInput, toErrorShape } from './answer.ts'
import type { Picks } from './picks.ts'
import type { Supervisor } from './supervise.ts'

type Parts = {
  readonly handlers: HostHandlers
  readonly supervisor: Supervisor
  readonly picks: Picks
  readonly log: (text: string) => void
}

/** Answers a window's call: the host's own here, all others in the worker, with the paths of what they name. Never throws. */
export async function dispatch(
  { handlers, supervisor, picks, log }: Parts,
  name: string,
  input: unknown,
): Promise<Reply<unknown>> {
  if (Object.hasOwn(handlers, name)) return answer(handlers, name, input, {}, log)
  try {
    const request = checkInput(name, input)
    return await supervisor.call(name, request, picks.of(request))
  } catch (error) {
    return { ok: false, error: toErrorShape(error, name, log) }
  }
}
