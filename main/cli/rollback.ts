import type { Command } from 'commander'
import { action, command, integer } from './command.ts'
import type { Shell } from './shell.ts'
import { summary } from './run-summary.ts'

export function rollbackCommand(shell: Shell): Command {
  return command(
    'rollback',
    "makes the source's mask, or that of an earlier step, the run's kept result",
    'scanbridge rollback run\nscanbridge rollback run --to 5',
  )
    .argument('<run>', 'a run folder')
    .option('--to <step>', 'a step with a stored mask; default: the source', integer(0, 1e9))
    .action(
      action<[run: string, options: { to?: number }]>(shell, async (_, run, { to }) => {
        const { rollBack } = await import('../app/rollback.ts')
        const record = await rollBack(run, to ?? 'source')
        return { json: { folder: run, ...record }, text: summary(run, record) }
      }),
    )
}
