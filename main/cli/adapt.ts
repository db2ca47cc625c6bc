import { Option } from 'commander'
import type { Command } from 'commander'
import { defaultModel, recommendedMethod } from '../app/defaults.ts'
import { UserError } from '../errors.ts'
import { action, command, integer, positive } from './command.ts'
import type { Shell } from './shell.ts'
import { exitCodes } from './exit-codes.ts'
import { summary } from './run-summary.ts'

type Options = {
  model: string
  method: string
  set: Record<string, string>
  steps?: number
  lr?: number
  series?: string
  with: string[]
  reference?: string
  guard: boolean
  trace?: string
  checkpointEvery: number
  out: string
}

export function adaptCommand(shell: Shell): Command {
  return command(
    'adapt',
    'adapts the model to one scan at test time: a run folder',
    'scanbridge adapt scans/ --out run\nscanbridge adapt t1.nii.gz --method tent --steps 10 --set batch=4 --out run-tent',
  )
    .argument('<path>', 'DICOM file or folder, DICOMDIR, ZIP of these, or NIfTI file')
    .option('--model <m>', 'name or folder of a model', defaultModel)
    .option('--method <name>', 'see "scanbridge methods"', recommendedMethod)
    .addOption(
      new Option('--set <key=value>', "one of the method's options; can be given again")
        .argParser(setting)
        .default({}, "the method's own values"),
    )
    .option('--steps <n>', 'short for --set steps=N', integer(1, 1e6))
    .option('--lr <x>', 'short for --set learningRate=X', positive)
    .option('--series <s>', 'SeriesInstanceUID or series number; default: the most plausible')
    .addOption(
      new Option(
        '--with <s>',
        'another series of the study (UID or number; beside NIfTI: a file) to adapt together with',
      )
        .argParser((one: string, before: string[]) => [...before, one])
        .default([], 'none'),
    )
    .option('--reference <mask>', 'NIfTI or DICOM SEG of the same scan to compare with')
    .option('--no-guard', 'keep the last step whatever the guard would say')
    .option('--trace <dir>', 'write what each step saw and did, to check it elsewhere')
    .option('--checkpoint-every <n>', 'keep the changed parameters of every n-th step', integer(1, 1e6), 1)
    .requiredOption('--out <run>', 'a new folder for the run')
    .action(
      action<[path: string, options: Options]>(shell, async ({ signal, progress, engine, seed }, path, options) => {
        const { adapt } = await import('../app/adapt.ts')
        const { steps, lr, set, ...rest } = options
        const short = { ...(steps !== undefined && { steps }), ...(lr !== undefined && { learningRate: lr }) }
        const request = { ...rest, path, engine, seed, options: { ...short, ...set } }
        const { folder, record } = await adapt(request, { signal, onProgress: progress.update })
        const isRolledBack = record.guard.verdict === 'rolled-back'
        return {
          json: { folder, ...record },
          text: summary(folder, record),
          exitCode: isRolledBack ? exitCodes.rolledBack : exitCodes.done,
        }
      }),
    )
}

function setting(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=')
  if (at > 0) return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
  throw new UserError('usage', { problem: `--set ${text} has no value`, remedy: 'Write --set key=value.' })
}
