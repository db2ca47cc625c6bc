/** The built-in sample: a simulated head from a scanner that the shipped model was not trained on, with its truth. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { realPath } from './input-files.ts'
import type { Work } from './progress.ts'
import type { Simulate } from './shared.ts'
import type { Home } from './state-files.ts'

const scanner = 'se-t1'
const subject = 9000

export type SampleFolder = {
  readonly folder: string
  readonly dicom: string
  /** Label map on the scan's own grid. */
  readonly truth: string
}

export function sampleFolder(home: Home): SampleFolder {
  const folder = join(realPath(home.folder), 'sample', `${scanner}-${subject}`)
  return { folder, dicom: join(folder, 'dicom'), truth: join(folder, 'truth.nii.gz') }
}

export function hasTruth({ truth }: SampleFolder): boolean {
  return existsSync(truth)
}

/** Made once, in seconds. One of which something is missing is made anew. */
export async function makeSample(
  { folder, dicom, truth }: SampleFolder,
  simulate: Simulate,
  work: Work,
): Promise<void> {
  if (existsSync(truth) && existsSync(dicom)) return
  work.onProgress('Simulating a head', NaN)
  await setTimeout(20, undefined, { signal: work.signal }) // the simulator may hold this thread: let the windows know first
  rmSync(folder, { recursive: true, force: true })
  await simulate({ scanner, subject, out: folder })
}
