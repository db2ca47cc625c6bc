import type { Command } from 'commander'
import { defaultModel } from '../app/defaults.ts'
import { action, command } from './command.ts'
import type { Shell } from './shell.ts'
import { table } from './print.ts'

type Options = { model: string; series?: string; out: string }

export function segmentCommand(shell: Shell): Command {
  return command(
    'segment',
    'segments with the source model, without adaptation',
    'scanbridge segment scans/ --out masks',
  )
    .argument('<path>', 'DICOM file or folder, DICOMDIR, ZIP of these, or NIfTI file')
    .option('--model <m>', 'name or folder of a model', defaultModel)
    .option('--series <s>', 'SeriesInstanceUID or series number; default: the most plausible')
    .requiredOption('--out <dir>', 'folder for mask.nii.gz, and mask.dcm where the input is DICOM')
    .action(
      action<[path: string, options: Options]>(
        shell,
        async ({ signal, progress, engine }, path, { model, series, out }) => {
          const { segment } = await import('../app/segment.ts')
          const result = await segment({ path, model, series, out, engine }, { signal, onProgress: progress.update })
          const rows = Object.entries(result.volumes).map(([name, ml]) => [name, Number(ml.toFixed(1))])
          const notes = [...result.input.notes, ...result.engine.notes].map((note) => `Note: ${note}`)
          return {
            json: result,
            text: [table(['label', 'ml'], rows), ...notes, `Written to ${out}: ${result.files.join(', ')}.`].join('\n'),
          }
        },
      ),
    )
}
