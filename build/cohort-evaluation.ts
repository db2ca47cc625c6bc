// The cohort of the README's picture: simulated heads on four scanners, evaluated once and kept, since that takes a while.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { simulate } from '../fixtures/simulate.ts'

const root = join(import.meta.dirname, '..')
const cache = join(root, '.cache/screenshots')
const scanners = [
  { preset: 'source', group: 'reference' },
  { preset: 'spgr-low-flip', group: '' },
  { preset: 'se-t1', group: '' },
  { preset: 'surface-coil', group: '' },
]
const subjects = [9001, 9002]
const methods = ['--method', 'consistency', '--method', 'norm']

/** The folder of the evaluation. Stopped, it goes on where it was. */
export function evaluatedCohort(): string {
  const [lists, out] = [join(cache, 'scans'), join(cache, 'Four scanners')]
  mkdirSync(lists, { recursive: true })
  const rows = subjects.flatMap((subject) =>
    scanners.map(({ preset, group }) => {
      const name = `${preset}-${subject}`
      if (!existsSync(join(lists, name, 'truth.nii.gz'))) simulate({ scanner: preset, subject, out: join(lists, name) })
      return `${name},${name}/dicom,${name}/truth.nii.gz,${group}`
    }),
  )
  const manifest = join(lists, 'cohort.csv')
  writeFileSync(manifest, ['case,image,reference,group', ...rows, ''].join('\n'))
  const model = ['--model', 'brain-t1w-one-scanner', ...methods, '--keep-runs', '--out', out]
  const args = [join(root, 'main/cli/main.ts'), 'evaluate', manifest, ...model]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) throw new Error('The cohort of the picture could not be evaluated.')
  return out
}
