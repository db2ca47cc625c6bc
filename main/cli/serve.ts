import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import type { Command } from 'commander'
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
        try {
          const { address, port } = host
          tell({ json: { address, port }, text: `Scanbridge is at ${address}` })
          if (options.open) openBrowser(address)
          await until(signal)
        } finally {
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

/** Shows the address in the user's browser; without a display there is none. */
function openBrowser(address: string): void {
  const { platform, env } = process
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return
  const [program, ...args] =
    platform === 'darwin'
      ? ['open', address]
      : platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', address]
        : ['xdg-open', address]
  // The address stands on stdout for whoever has no such program.
  spawn(program, args, { detached: true, stdio: 'ignore' })
    .once('error', () => {})
    .unref()
}
