// npm start: until there is a window, the main job on the built-in sample, a simulated head as DICOM.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { scanbridge } from './scanbridge.mjs'
import { root, setUp } from './setup.mjs'

const sample = join(root, '.cache/sample-se-t1')

/** A run folder is never written over. */
function freeRun() {
  for (let number = 1; ; number++) {
    const run = join(root, `run-sample-${number}`)
    if (!existsSync(run)) return run
  }
}

try {
  await setUp()
  if (!existsSync(join(sample, 'truth.nii.gz'))) {
    console.error('Simulating the sample: a head on a scanner that the model was not trained on.')
    const code = await scanbridge(['simulate', '--scanner', 'se-t1', '--subject', '9000', '--out', sample])
    if (code !== 0) process.exit(code)
  }
  const run = freeRun()
  const reference = join(sample, 'truth.nii.gz')
  process.exitCode = await scanbridge([
    ...['adapt', sample, '--model', 'brain-t1w-one-scanner', '--reference', reference, '--out', run],
  ])
  if (existsSync(join(run, 'report.html')))
    console.log(`The report: ${relative(process.cwd(), join(run, 'report.html'))}`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
