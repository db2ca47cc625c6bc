import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../main/cli/program.ts'

const main = join(import.meta.dirname, '../main/cli/main.ts')

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string }
export type Running = { readonly child: ChildProcess; readonly done: Promise<Finished>; readonly text: () => string }

export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'scanbridge-'))

/** Starts the command line as a process of its own, as a user does. */
export function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const done = new Promise<Finished>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
  return { child, done, text: () => stdout + stderr }
}

/** The same command line without a process of its own, where neither signals nor the process's end matter: much quicker. */
export async function scanbridge(args: readonly string[]): Promise<Finished> {
  let [stdout, stderr, code]: [string, string, number | null] = ['', '', null]
  await run(args, {
    out: (text) => void (stdout += text),
    terminal: { write: (text) => (stderr += text) },
    exit: (value) => void (code = value),
  })
  return { code, stdout, stderr }
}
