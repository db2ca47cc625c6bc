import type { Command } from 'commander'
import { action, command, group, integer, positive } from './command.ts'
import { table } from './print.ts'
import type { Shell } from './shell.ts'

export function adaptersCommand(shell: Shell): Command {
  const adapters = group('adapters', 'models adapted to a scanner: saved from a run, chosen with --model, deleted')
  adapters.addCommand(list(shell), { isDefault: true })
  return adapters.addCommand(save(shell)).addCommand(remove(shell))
}

function list(shell: Shell): Command {
  return command('list', 'lists the adapters that are there', 'scanbridge adapters list --json').action(
    action<[]>(shell, async () => {
      const { listAdapters } = await import('../app/adapters.ts')
      const adapters = await listAdapters()
      const rows = adapters.map(({ name, adapted: { from, scanner, step, pinned } }) => [
        name,
        from.model,
        scanner ?? 'unknown',
        step,
        pinned ? `${pinned.before.toFixed(3)} -> ${pinned.after.toFixed(3)} (${pinned.cases})` : 'not checked',
      ])
      return {
        json: { adapters },
        text: table(['name', 'from', 'scanner', 'step', 'Dice of pinned source cases'], rows),
      }
    }),
  )
}

type SaveOptions = { name: string; step?: number; pinned?: string; unchecked?: true; limit: number }

function save(shell: Shell): Command {
  return command(
    'save',
    "makes a run's kept step a model of its own, unless it forgets what the source model knew",
    'scanbridge adapters save run-1 --name brain-t1w-intera --pinned source-cases.csv',
  )
    .argument('<run>', 'run folder')
    .requiredOption('--name <name>', 'of the new model')
    .option('--step <n>', 'a stored step in place of the kept one', integer(0, 1e6))
    .option('--pinned <manifest.csv>', 'source cases with references, which must not get worse')
    .option('--unchecked', 'save it without source cases, which its card and the list say')
    .option('--limit <dice>', 'fall of their mean Dice that is too much', positive, 0.02)
    .action(
      action<[run: string, options: SaveOptions]>(shell, async ({ signal, progress, engine }, run, options) => {
        const { saveAdapter } = await import('../app/adapters.ts')
        const { unchecked: isUnchecked = false, ...rest } = options
        const work = { signal, onProgress: progress.update }
        const adapter = await saveAdapter({ run, engine, isUnchecked, ...rest }, work)
        const { pinned } = adapter.adapted
        const check = pinned
          ? `Pinned source cases: mean Dice ${pinned.before.toFixed(3)} before, ${pinned.after.toFixed(3)} after.`
          : 'Not checked for forgetting.'
        return { json: adapter, text: `Saved. Take it with --model ${adapter.name}. ${check}` }
      }),
    )
}

function remove(shell: Shell): Command {
  return command('delete', 'deletes an adapter; other models are never deleted', 'scanbridge adapters delete NAME')
    .argument('<name>')
    .action(
      action<[name: string]>(shell, async (_, name) => {
        const { deleteAdapter } = await import('../app/adapters.ts')
        const { folder } = await deleteAdapter(name)
        return { json: { name, folder }, text: `Deleted ${name}.` }
      }),
    )
}
