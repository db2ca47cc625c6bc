import type { Command } from 'commander'
import type { CalibrateResult } from '../app/calibrate.ts'
import { defaultModel } from '../app/defaults.ts'
import { action, command } from './command.ts'
import type { Shell } from './shell.ts'

type Options = { model: string; method: string[]; out: string; install: boolean }

export function calibrateCommand(shell: Shell): Command {
  return command(
    'calibrate',
    "fits a model's guard to labelled scans of your own; stopped, it goes on where it was",
    'scanbridge calibrate labelled.csv --model brain-t1w --out calibration',
  )
    .argument(
      '<manifest>',
      'CSV as for evaluate; a column subject says which scans are of one person; cases without a reference are left out',
    )
    .option('--model <m>', 'name or folder of a model', defaultModel)
    .option(
      '--method <name>',
      'a method to adapt with, can be given again; default: a mixture of safe and harmful ones',
      collect,
      [],
    )
    .requiredOption('--out <dir>', 'folder of the calibration, new or stopped')
    .option('--no-install', 'write it into the folder alone: the guard does not use it')
    .action(
      action<[manifest: string, options: Options]>(
        shell,
        async ({ signal, progress, engine, seed }, manifest, { model, method, out, install }) => {
          const { calibrateModel } = await import('../app/calibrate.ts')
          const request = { manifest, model, methods: method, out, install, seed, engine }
          const result = await calibrateModel(request, { signal, onProgress: progress.update })
          return { json: result, text: told(result, out) }
        },
      ),
    )
}

function told(
  { calibration: { figures, data }, installed, withoutReference, failed }: CalibrateResult,
  out: string,
): string {
  const {
    states,
    harmed,
    helped,
    auc,
    aucAgainstHelp,
    shiftAlone,
    brier,
    calibrationError,
    caught,
    lost,
    sourceError,
    stateError,
  } = figures
  const area = (auc: number | null): string => auc?.toFixed(3) ?? '-'
  const percent = (share: number | null): string => (share === null ? '-' : `${Math.round(100 * share)} %`)
  return [
    `${states} states of ${data}: ${harmed} harmed, ${helped} helped.`,
    `Harm told from help: AUC ${area(aucAgainstHelp)}, from all else ${area(auc)}.`,
    `With other scans of the same subject: ${area(shiftAlone.aucAgainstHelp)} and ${area(shiftAlone.auc)}. Brier score ${brier.toFixed(3)}, calibration error ${calibrationError.toFixed(3)}.`,
    `The guard's limit catches ${percent(caught)} of the harmed states and loses ${percent(lost)} of the helped ones.`,
    `Expected mean Dice is off by ${sourceError.toFixed(3)} for the source model and by ${stateError.toFixed(3)} for states that pass.`,
    ...(withoutReference ? [`Left out, without a reference: ${withoutReference}.`] : []),
    ...failed.map((one) => `Left out, ${one.case}: ${one.reason}`),
    installed
      ? `Written to ${out} and ${installed}: the guard goes by it from now on; delete the latter to undo that.`
      : `Written to ${out}.`,
  ].join('\n')
}

function collect(name: string, before: string[]): string[] {
  return [...before, name]
}
