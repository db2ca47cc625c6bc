import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { action, command, integer } from './command.ts'
import type { Shell } from './shell.ts'

type Options = {
  model?: string[]
  method?: string[]
  scanner?: string[]
  subjects: number[]
  seeds: number[]
  steps?: number
  slices?: number
  out: string
}

export function bakeoffCommand(shell: Shell): Command {
  return command(
    'bakeoff',
    'measures all methods side by side on simulated scanners, with exact truth',
    'scanbridge bakeoff --model brain-t1w-one-scanner --method norm --method consistency --out bakeoff',
  )
    .option('--model <m>', 'can be given again; default: the two shipped ones', collect)
    .option('--method <name>', 'can be given again; default: all that apply', collect)
    .option('--scanner <preset>', 'can be given again; default: all of `simulate --list`', collect)
    .option('--subjects <list>', 'heads, such as 5002,5003', numbers, [5002, 5003])
    .option('--seeds <list>', 'each is a run of its own', numbers, [0])
    .option('--steps <n>', "the same number of updates for all; default: each method's own", integer(1, 1000))
    .option('--slices <n>', 'some slices of each scan only, evenly spread: quicker; default: all', integer(4, 1000))
    .requiredOption('--out <dir>', 'a new folder, or that of a bake-off that was stopped')
    .action(
      action<[options: Options]>(shell, async ({ signal, progress, engine }, options) => {
        const { bakeoff } = await import('../../bench/bakeoff.ts')
        const { bakeoffTable } = await import('../../bench/bakeoff-table.ts')
        const {
          model = ['brain-t1w-one-scanner', 'brain-t1w'],
          method = [],
          scanner = [],
          steps,
          slices,
          ...rest
        } = options
        const request = { ...rest, models: model, methods: method, scanners: scanner, steps, slices, engine }
        const result = await bakeoff(request, { signal, onProgress: progress.update })
        return { json: result, text: result.models.map(bakeoffTable).join('\n') }
      }),
    )
}

function collect(name: string, before: string[] | undefined): string[] {
  return [...(before ?? []), name]
}

function numbers(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.length === 0 || values.some((value) => !Number.isInteger(value) || value < 0))
    throw new InvalidArgumentError('Give whole numbers with commas between them.')
  return values
}
