import type { Command } from 'commander'
import { action, command } from './command.ts'
import type { Shell } from './shell.ts'

type Options = { format: string; identity?: true }

export function reportCommand(shell: Shell): Command {
  return command(
    'report',
    'writes the reports of a run, of the runs in a folder, or of an evaluation, again',
    'scanbridge report run --format html,pdf',
  )
    .argument('<run>', 'a run folder, a folder with runs in it, or what "evaluate --out" wrote')
    .option('--format <list>', 'of html, pdf, json, csv', 'html,pdf,json,csv')
    .option('--identity', 'name the person scanned; without it nothing identifies them')
    .action(
      action<[path: string, options: Options]>(shell, async ({ progress }, path, { format, identity }) => {
        const { report } = await import('../app/report.ts')
        const formats = format.split(',').map((name) => name.trim())
        const onRun = (share: number): void => progress.update('reports', share)
        const written = await report({ path, formats, withIdentity: identity === true }, onRun)
        return { json: { written }, text: written.map(({ run, files }) => `${run}: ${files.join(', ')}`).join('\n') }
      }),
    )
}
