import type { Command } from 'commander'
import { action, command } from './command.ts'

export function benchCommand(): Command {
  return command(
    'bench',
    'measures this machine: speed per engine, load times, an episode, memory',
    'scanbridge bench --json',
  ).action(
    action<[]>(async () => {
      const { bench } = await import('../../bench/bench.ts')
      const figures = await bench()
      return { json: figures, text: JSON.stringify(figures, null, 2) }
    }),
  )
}
