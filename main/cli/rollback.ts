import type { Command } from 'commander'
import { action, command, integer } from './command.ts'
import type { Shell } from './shell.ts'
import { summary } from './run-summary.ts'

type Options = { to?: number; scan?: string; series?: string }

export function rollbackCommand(shell: Shell): Command {
  return command(
    'rollback',
    "makes the source's mask, or that of an earlier step, the run's kept result",
    'scanbridge rollback run\nscanbridge rollback run --to 5',
  )
    .argument('<run>', 'a run folder')
    .option('--to <step>', 'a stored step; default: the source', integer(0, 1e9))
    .option('--scan <path>', 'the scan, where the step has no stored mask and it has to be predicted again')
    .option('--series <s>', "the scan's SeriesInstanceUID or series number")
    .action(
      action<[run: string, options: Options]>(
        shell,
        async ({ signal, progress, engine }, run, { to, scan, series }) => {
          const { rollBack } = await import('../app/rollback.ts')
          const work = { signal, onProgress: progress.update }
          const again = scan === undefined ? undefined : { request: { scan, series, engine }, work }
          const record = await rollBack(run, to ?? 'source', again)
          return { json: { folder: run, ...record }, text: summary(run, record) }
        },
      ),
    )
}
