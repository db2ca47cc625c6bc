import { Option } from 'commander'
import type { Command } from 'commander'
import { action, command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { table } from './print.ts'
import type { Shell } from './shell.ts'

/** Enough to see where it began. */
const shownDifferences = 12

export function replayCommand(shell: Shell): Command {
  return command(
    'replay',
    'runs the episode of a report again and says whether it comes to the same',
    'scanbridge replay run-1/report.json --scan scans/',
  )
    .argument('<report.json>', 'of a finished run')
    .requiredOption('--scan <path>', 'the scan that was adapted to: a report does not say where it lies')
    .option('--series <s>', 'SeriesInstanceUID or series number; default: the most plausible')
    .addOption(
      new Option('--with <s>', 'what it adapted together with; default: looked for in the study')
        .argParser((one: string, before: string[]) => [...before, one])
        .default([], 'none'),
    )
    .action(
      action<[report: string, options: { scan: string; series?: string; with: string[] }]>(
        shell,
        async ({ signal, progress, engine }, report, options) => {
          const { replay } = await import('../app/replay.ts')
          const result = await replay({ report, ...options, engine }, { signal, onProgress: progress.update })
          const rows = [...result.differences, ...result.circumstances].slice(0, shownDifferences)
          const details = rows.map(({ what, reported, replayed }) => [what, short(reported), short(replayed)])
          return {
            json: result,
            text: [result.sentence, ...(rows.length ? [table(['', 'reported', 'now'], details)] : [])].join('\n'),
            exitCode: result.outcome === 'different' ? exitCodes.failed : exitCodes.done,
          }
        },
      ),
    )
}

function short(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text
}
