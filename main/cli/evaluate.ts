import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { defaultModel, recommendedMethod } from '../app/defaults.ts'
import type { Forecast } from '../app/forecast.ts'
import { UserError } from '../errors.ts'
import { action, command, positive } from './command.ts'
import type { Shell } from './shell.ts'

type Options = {
  model: string
  method?: string[]
  set: { method: string; key: string; value: string }[]
  out: string
  shard?: { index: number; count: number }
  guard: boolean
  keepRuns?: true
  retryFailed?: true
  tolerance: number
}

export function evaluateCommand(shell: Shell): Command {
  return command(
    'evaluate',
    'adapts to every scan of a manifest and sums up; stopped, it goes on where it was',
    'scanbridge manifest cohort/ > cohort.csv\nscanbridge evaluate cohort.csv --method norm --method consistency --out evaluation',
  )
    .argument('<manifest>', 'CSV: case, image; optional series, reference, scanner, group ("reference": in domain)')
    .option('--model <m>', 'name or folder of a model', defaultModel)
    .option('--method <name>', `a method, can be given again; default: ${recommendedMethod}`, collect)
    .option('--set <[method:]key=value>', 'an option of a method, can be given again', setting, [])
    .requiredOption('--out <dir>', 'folder of the evaluation, new or stopped')
    .option('--shard <i/n>', 'every n-th case, from the i-th: join the parts with "merge"', shard)
    .option('--no-guard', 'keep the last step whatever the guard would say')
    .option('--keep-runs', 'keep a run folder a case and method')
    .option('--retry-failed', 'do what failed before again, once the files are mended or their disk is back')
    .option('--tolerance <mm>', 'of the surface Dice', positive, 1)
    .action(
      action<[manifest: string, options: Options]>(
        shell,
        async ({ signal, progress, engine, seed }, manifest, options) => {
          const { evaluate } = await import('../app/evaluate.ts')
          const {
            method = [recommendedMethod],
            set,
            tolerance,
            keepRuns = false,
            retryFailed,
            model,
            out,
            guard,
          } = options
          const of = (name: string): Record<string, string> =>
            Object.fromEntries(
              set.flatMap((one) => (one.method === '' || one.method === name ? [[one.key, one.value]] : [])),
            )
          const other = set.find((one) => one.method !== '' && !method.includes(one.method))
          if (other)
            throw new UserError('usage', {
              problem: `--set ${other.method}:${other.key} is for a method that is not asked for`,
              remedy: `Methods here: ${method.join(', ')}.`,
            })
          const methods = method.map((name) => ({ name, options: of(name) }))
          const onForecast = ({ episodes, seconds, bytes }: Forecast): void =>
            progress.say(
              `${episodes} episodes: about ${duration(seconds)}, ${size(bytes)} on disk, if all scans are like the first.`,
            )
          const request = {
            manifest,
            model,
            out,
            guard,
            methods,
            keepRuns,
            retryFailed,
            toleranceMm: tolerance,
            seed,
            engine,
          }
          const result = await evaluate(
            { ...request, ...(options.shard && { shard: options.shard }), onForecast },
            { signal, onProgress: progress.update },
          )
          const { cases, resumed, done, failed } = result
          const before = resumed > 0 ? `, ${resumed} were there before` : ''
          const broken =
            failed > 0
              ? ` ${failed} could not be done: summary.json says why. Once that is mended, --retry-failed does them again.`
              : ''
          return { json: result, text: `${cases} cases: ${done} episodes done${before}. Written to ${out}.${broken}` }
        },
      ),
    )
}

export function mergeCommand(shell: Shell): Command {
  return command('merge', 'joins the shards of one evaluation', 'scanbridge merge part-1 part-2 --out evaluation')
    .argument('<folders...>', 'what "evaluate --shard" wrote')
    .requiredOption('--out <dir>', 'a new folder, or that of an earlier merge')
    .action(
      action<[folders: string[], options: { out: string }]>(shell, async (_, folders, { out }) => {
        const { merge } = await import('../app/merge.ts')
        const result = await merge(folders, out)
        const { rows, expected } = result
        const missing = rows < expected ? ` ${expected - rows} of ${expected} are not there yet.` : ''
        return { json: result, text: `${rows} rows written to ${out}.${missing}` }
      }),
    )
}

export function manifestCommand(shell: Shell): Command {
  return command(
    'manifest',
    'proposes a manifest for a folder of scans, to be looked through',
    'scanbridge manifest cohort/ > cohort.csv',
  )
    .argument('<folder>', 'each folder, NIfTI file or ZIP in it is a case')
    .action(
      action<[folder: string]>(shell, async (_, folder) => {
        const { proposeManifest } = await import('../app/manifest-files.ts')
        const csv = await proposeManifest(folder)
        return { json: { csv }, text: csv.trimEnd() }
      }),
    )
}

function duration(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60))
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

function collect(name: string, before: string[] | undefined): string[] {
  return [...(before ?? []), name]
}

function setting(text: string, before: Options['set']): Options['set'] {
  const [, method = '', key, value] = /^(?:([\w-]+):)?([^=]+)=(.*)$/.exec(text) ?? []
  if (key === undefined || value === undefined)
    throw new UserError('usage', { problem: `--set ${text} has no value`, remedy: 'Write --set method:key=value.' })
  return [...before, { method, key, value }]
}

function shard(text: string): { index: number; count: number } {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number)
  if (!index || !count || index > count) throw new InvalidArgumentError('Write I/N, such as 2/8.')
  return { index, count }
}
