import { Option } from 'commander'
import type { Command } from 'commander'
import { UserError } from '../errors.ts'
import { action, command, integer } from './command.ts'
import type { Shell } from './shell.ts'
import { table } from './print.ts'

type Options = {
  scanner?: string
  subject: number
  study: 'axial-3mm' | 'axial-1mm' | 'sagittal-1mm'
  enhanced?: true
  also: { scanner: string }[]
  out?: string
  list?: true
}

export function simulateCommand(shell: Shell): Command {
  return command(
    'simulate',
    'writes a phantom head as DICOM from a simulated scanner, with its truth',
    'scanbridge simulate --list\nscanbridge simulate --scanner spgr-low-flip --subject 5001 --out phantom',
  )
    .option('--scanner <preset>', 'see --list')
    .option('--subject <n>', 'seed of the anatomy', integer(0, 2 ** 31 - 1), 5000)
    .addOption(
      new Option('--study <kind>', 'slices').choices(['axial-3mm', 'axial-1mm', 'sagittal-1mm']).default('axial-3mm'),
    )
    .option('--enhanced', 'one multi-frame instance instead of one a slice')
    .addOption(
      new Option('--also <preset>', 'another series of the same study; can be given again')
        .argParser((scanner: string, before: { scanner: string }[]) => [...before, { scanner }])
        .default([], 'none'),
    )
    .option('--out <dir>', 'a new folder for the DICOM files and truth.nii.gz')
    .option('--list', 'list the scanners')
    .action(
      action<[options: Options]>(shell, async (_, { scanner, subject, out, list, ...rest }) => {
        const { listScanners, simulate } = await import('../../fixtures/simulate.ts')
        if (list) {
          const scanners = listScanners()
          return {
            json: { scanners },
            text: table(
              ['scanner', ''],
              scanners.map(({ id, title }) => [id, title]),
            ),
          }
        }
        if (!scanner || !out)
          throw new UserError('usage', {
            problem: 'What to simulate is not clear',
            remedy: 'Give --scanner, --subject and --out, or --list.',
          })
        const result = simulate({ scanner, subject, out, ...rest })
        return {
          json: result,
          text: `${result.files} DICOM files in ${result.dicom}, their labels in ${result.truth}.`,
        }
      }),
    )
}
