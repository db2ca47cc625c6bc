/** A study of two series for the threshold model: the ball, axial, and the same ball as a darker, noisier sagittal series. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDicom } from '../fixtures/dicom-writer.ts'
import { presets } from '../fixtures/presets.ts'
import { fromParts } from '../main/volume/affine.ts'
import { createRandom } from '../main/volume/random.ts'
import { resample } from '../main/volume/resample.ts'
import type { Volume } from '../main/volume/volume.ts'
import { ballScan } from './threshold-model.ts'

/** Slices of 4 mm; the threshold model takes grey air for tissue, so there is none of it. */
export function sagittalBall(): Volume {
  const random = createRandom(9)
  const grid = {
    shape: [60, 50, 36] as const,
    affine: fromParts([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], [2.8, 2.4, 4], [70, -82, 58]), // prettier-ignore
  }
  const { data, ...rest } = resample(ballScan().volume, grid)
  return { ...rest, data: data.map((value) => Math.abs(0.6 * value + 18 * random.normal())) }
}

/** As DICOM files in a folder of its own; series N of a study has the number 2 + N. */
export function writeSeries(folder: string, volume: Volume, study: { key: string; series: number }): void {
  mkdirSync(folder, { recursive: true })
  const { equipment, sequence } = presets.source
  const facts = { equipment, sequence: sequence(createRandom(1)), subject: 5000, sliceThicknessMm: 3 }
  for (const { name, bytes } of writeDicom(volume, { ...facts, study })) writeFileSync(join(folder, name), bytes)
}

/** Series 3 and 4 of one study. */
export function writeTwoSeries(folder: string): void {
  writeSeries(join(folder, 'first'), ballScan().volume, { key: 'one', series: 1 })
  writeSeries(join(folder, 'second'), sagittalBall(), { key: 'one', series: 2 })
}
