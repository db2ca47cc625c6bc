import type { Command } from 'commander'
import { UserError } from '../errors.ts'
import { action, command, integer } from './command.ts'
import { table } from './print.ts'

type Options = { scanner?: string; subject: number; out?: string; list?: true }

export function simulateCommand(): Command {
  return command(
    'simulate',
    'writes a phantom head as DICOM from a simulated scanner, with its truth',
    'scanbridge simulate --list\nscanbridge simulate --scanner spgr-low-flip --subject 5001 --out phantom',
  )
    .option('--scanner <preset>', 'see --list')
    .option('--subject <n>', 'seed of the anatomy', integer(0, 2 ** 31 - 1), 5000)
    .option('--out <dir>', 'a new folder for the DICOM files and truth.nii.gz')
    .option('--list', 'list the scanners')
    .action(
      action<[options: Options]>(async ({ seed }, { scanner, subject, out, list }) => {
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
        const result = await simulate({ scanner, subject, out, seed })
        return { json: result, text: `Written to ${out}.` }
      }),
    )
}
