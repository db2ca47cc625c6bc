import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { homeFolder } from '../app/state-files.ts'
import { UserError } from '../errors.ts'
import { action, command, integer } from './command.ts'
import type { Shell } from './shell.ts'

type Options = { port: number; open: boolean; root: string[]; sample?: true }

export function serveCommand(shell: Shell): Command {
  return command(
    'serve',
    'the app in a browser, for this machine only',
    'scanbridge serve scans/\nscanbridge serve --sample --no-open --port 8123',
  )
    .argument('[path]', 'opened first: what "adapt" takes')
    .option('--port <n>', 'port on 127.0.0.1; default: one that is free', integer(0, 65535), 0)
    .option('--no-open', 'print the address only; it holds a token, so whoever has it can use the app')
    .option('--root <dir>', 'a further folder to open scans from, besides home and this one', gather, [])
    .option('--sample', 'open the built-in sample first')
    .action(
      action<[path: string | undefined, options: Options]>(shell, async ({ signal, progress, tell }, path, options) => {
        if (path !== undefined && !existsSync(path)) throw new UserError('input-not-found', { path })
        const { startWeb } = await import('../host/web.ts')
        const host = await startWeb({
          port: options.port,
          roots: [homedir(), process.cwd(), ...options.root],
          ...(path !== undefined && { open: path }),
          opensSample: options.sample === true,
          log: progress.say,
        })
        let removeDoor = (): void => {}
        try {
          const { address, port } = host
          tell({ json: { address, port }, text: `Scanbridge is at ${address}` })
          if (options.open) removeDoor = openBrowser(address)
          await until(signal)
        } finally {
          removeDoor()
          await host.close()
        }
        return { json: undefined, text: '' }
      }),
    )
}

function gather(folder: string, before: string[]): string[] {
  return [...before, folder]
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Shows the address in the user's browser; without a display there is none. Returns what takes away again what that needs. */
function openBrowser(address: string): () => void {
  const { platform, env } = process
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return () => {}
  const folder = makeDoor(address)
  const door = join(folder, 'open.html')
  const [program, ...args] =
    platform === 'darwin'
      ? ['open', door]
      : platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', door]
        : ['xdg-open', door]
  // The address stands on stdout for whoever has no such program.
  spawn(program, args, { detached: true, stdio: 'ignore' })
    .once('error', () => {})
    .unref()
  return () => rmSync(folder, { recursive: true, force: true })
}

/**
 * A page that leads to the address, in a folder of its own that only the user may read: every user of a machine sees the
 * arguments of its programs, and the address holds the token. Not in the system's temporary folder, which some browsers
 * have a private one of.
 */
function makeDoor(address: string): string {
  mkdirSync(homeFolder(), { recursive: true, mode: 0o700 })
  const folder = mkdtempSync(join(homeFolder(), 'open-'))
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${address}"><title>Scanbridge</title>`
  writeFileSync(join(folder, 'open.html'), page, { mode: 0o600 })
  return folder
}
