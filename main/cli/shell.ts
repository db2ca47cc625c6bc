import type { Terminal } from './progress.ts'

/** Where a command's result and messages go. */
export type Shell = {
  /** stdout: the result, and nothing else. */
  readonly out: (text: string) => void
  /** stderr: progress and messages. */
  readonly terminal: Terminal
  readonly exit: (code: number) => void
}
