import type { Command } from 'commander'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.ts'
import { action, command } from './command.ts'
import type { Shell } from './shell.ts'

type Options = { readonly out?: string; readonly shipped?: true; readonly companionsOnly?: true }

const shipped = ['brain-t1w-one-scanner', 'brain-t1w']

export function trainCommand(shell: Shell): Command {
  return command(
    'train',
    'trains a source model on simulated scans; goes on where it was stopped',
    'scanbridge train models/brain-t1w-one-scanner/training.json --out my-model\nscanbridge train --shipped',
  )
    .argument('[config]', 'a training.json')
    .option('--out <dir>', 'the model folder to write')
    .option('--shipped', 'make the shipped models anew')
    .option('--companions-only', 'train only what some methods need beside a model that is trained already')
    .action(
      action<[config: string | undefined, options: Options]>(
        shell,
        async ({ signal, progress, engine }, config, { out, shipped: isShipped, companionsOnly }) => {
          const jobs = jobsOf(config, out, isShipped === true)
          const { train, trainCompanionsOf } = await import('../../models/training/train.ts')
          for (const job of jobs) {
            signal.throwIfAborted()
            await (companionsOnly ? trainCompanionsOf : train)({ ...job, engine, signal, report: progress.say })
          }
          const folders = jobs.map((job) => job.out)
          return { json: { folders }, text: folders.join('\n') }
        },
      ),
    )
}

function jobsOf(
  config: string | undefined,
  out: string | undefined,
  isShipped: boolean,
): { config: string; out: string }[] {
  if (isShipped && !config && !out)
    return shipped.map((name) => {
      const folder = fileURLToPath(new URL(`../../models/${name}`, import.meta.url))
      return { config: join(folder, 'training.json'), out: folder }
    })
  if (!isShipped && config && out) return [{ config, out }]
  throw new UserError('usage', {
    problem: 'What to train is not clear',
    remedy: 'Give a training.json with --out, or --shipped alone.',
  })
}
