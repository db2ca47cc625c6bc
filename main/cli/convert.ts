import type { Command } from 'commander'
import { action, command, integer } from './command.ts'
import type { Shell } from './shell.ts'
import { count, table } from './print.ts'

type Options = { series?: string; volume?: number; out: string }

export function convertCommand(shell: Shell): Command {
  return command(
    'convert',
    'writes volumes as NIfTI: one with --series, otherwise all, into a folder',
    'scanbridge convert scans/ --series 301 --out t1.nii.gz',
  )
    .argument('<path>', 'DICOM file or folder, DICOMDIR, ZIP of these, or NIfTI file')
    .option('--series <s>', 'SeriesInstanceUID or series number')
    .option('--volume <n>', 'which volume of the series, from 1; default: the most plausible', integer(1, 1e6))
    .requiredOption('--out <file>', 'the file with --series (.nii.gz), otherwise the folder')
    .action(
      action<[path: string, options: Options]>(shell, async ({ signal, progress }, path, { series, volume, out }) => {
        const { convert } = await import('../app/convert.ts')
        const { written, rejected } = await convert(
          { path, series, volume, out },
          { signal, onProgress: progress.update },
        )
        const rows = written.map((one) => [one.file, one.shape.join(' x '), one.notes.join(' ')])
        const refused = rejected.length
          ? [`${count(rejected.length, 'file')} left out; "scanbridge index" tells why.`]
          : []
        return { json: { written, rejected }, text: [table(['file', 'voxels', 'notes'], rows), ...refused].join('\n') }
      }),
    )
}
