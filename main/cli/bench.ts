import type { Command } from 'commander'
import { action, command } from './command.ts'
import type { Shell } from './shell.ts'

export function benchCommand(shell: Shell): Command {
  return command(
    'bench',
    'measures this machine: speed per engine, load times, an episode, memory',
    'scanbridge bench --json',
  ).action(
    action<[]>(shell, async () => {
      const { bench } = await import('../../bench/bench.ts')
      const figures = await bench()
      return { json: figures, text: JSON.stringify(figures, null, 2) }
    }),
  )
}
