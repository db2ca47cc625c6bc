import { UserError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'

/** What a caller can tell from the exit code; 4: done, but the guard rolled back. */
export const exitCodes = { done: 0, failed: 1, usage: 2, input: 3, rolledBack: 4, interrupted: 130, terminated: 143 }

/** All others, and those that only a window can meet: failed. */
const byError: Partial<Record<ErrorCode, number>> = {
  usage: exitCodes.usage,
  'input-not-found': exitCodes.input,
  'input-unsupported': exitCodes.input,
  'model-unsupported': exitCodes.input,
  'calibration-unusable': exitCodes.input,
  'method-not-applicable': exitCodes.input,
  'run-unusable': exitCodes.input,
}

export function exitCodeOf(error: unknown): number {
  return (error instanceof UserError && byError[error.code]) || exitCodes.failed
}
