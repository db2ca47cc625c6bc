import type { Command } from 'commander'
import { defaultModel } from '../app/defaults.ts'
import { action, command } from './command.ts'
import { table } from './print.ts'
import type { Shell } from './shell.ts'

export function checkCommand(shell: Shell): Command {
  return command(
    'check',
    "compares a scan with the model's training scans, before anything is adapted",
    'scanbridge check scans/\nscanbridge check t1.nii.gz --model brain-t1w-one-scanner --json',
  )
    .argument('<path>', 'DICOM file or folder, DICOMDIR, ZIP of these, or NIfTI file')
    .option('--model <m>', 'name or folder of a model', defaultModel)
    .option('--series <s>', 'SeriesInstanceUID or series number; default: the most plausible')
    .action(
      action<[path: string, options: { model: string; series?: string }]>(
        shell,
        async ({ signal, progress, engine }, path, { model, series }) => {
          const { check } = await import('../app/shift-check.ts')
          const report = await check({ path, model, series, engine }, { signal, onProgress: progress.update })
          const rows = report.causes.map(({ title, score, level }) => [title, score.toFixed(2), levels[level]])
          const unlike = report.causes.filter(({ level }) => level !== 'as-source')
          const lines = [
            report.sentence,
            ...(rows.length ? ['', table(['', 'score', ''], rows)] : []),
            ...(unlike.length ? [''] : []),
            ...unlike.map(({ title, finding, advice }) => `${title}: ${finding} ${advice}`.trimEnd()),
          ]
          return { json: report, text: lines.join('\n') }
        },
      ),
    )
}

const levels = { 'as-source': 'as in the training scans', shifted: 'differs', far: 'differs much' } as const
