import type { Command } from 'commander'
import { defaultModel, recommendedMethod } from '../app/defaults.ts'
import { action, command } from './command.ts'
import { table } from './print.ts'
import type { Shell } from './shell.ts'

type Options = {
  model: string
  method: string
  series?: string
  reference?: string
  only?: string[]
  out: string
}

export function stressCommand(shell: Shell): Command {
  return command(
    'stress',
    'makes a scan worse step by step: where the model breaks, where adaptation saves it',
    'scanbridge stress scans/ --reference truth.nii.gz --only noise --only blur --out stress',
  )
    .argument('<path>', 'DICOM file or folder, DICOMDIR, ZIP of these, or NIfTI file')
    .option('--model <m>', 'name or folder of a model', defaultModel)
    .option('--method <name>', 'see "scanbridge methods"', recommendedMethod)
    .option('--series <s>', 'SeriesInstanceUID or series number; default: the most plausible')
    .option('--reference <mask>', "NIfTI or DICOM SEG of the scan; default: the source model's own mask of it")
    .option('--only <degradation>', 'noise, blur, bias, gamma, thickness or scale; can be given again', collect)
    .requiredOption('--out <dir>', 'a new folder, or that of a test that was stopped')
    .action(
      action<[path: string, options: Options]>(shell, async ({ signal, progress, engine, seed }, path, options) => {
        const { stress } = await import('../app/stress.ts')
        const { only = [], ...rest } = options
        const result = await stress(
          { ...rest, path, only, options: {}, seed, engine },
          { signal, onProgress: progress.update },
        )
        const { curves } = result.stress
        const rows = curves.map(({ title, unit, breaksAt, breaksAtWithAdaptation }) => [
          title,
          breaksAt ?? 'no level',
          breaksAtWithAdaptation ?? 'no level',
          unit,
        ])
        const text = table(['', 'breaks at', 'with adaptation at', 'level in'], rows)
        return { json: result.stress, text: `${text}\nWritten to ${options.out}: ${result.files.join(', ')}.` }
      }),
    )
}

function collect(name: string, before: string[] | undefined): string[] {
  return [...(before ?? []), name]
}
