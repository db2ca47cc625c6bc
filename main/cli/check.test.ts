import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballNifti, saveThresholdModel, thresholdCard, thresholdGraph } from '../../tests/threshold-model.ts'
import type { ShiftReport } from '../app/shift-check.ts'
import { saveModel } from '../model/files.ts'

const place = freshFolder()
process.env['SCANBRIDGE_MODELS'] = join(place, 'models')

test('check says in a sentence how a scan differs, and without source statistics that it cannot', async () => {
  await saveThresholdModel(join(place, 'models', 'threshold'))
  const shift = { contrast: [0.5, 1], contrastP95: 0.02, noiseP95: 0.04, detail: -3, detailP95: 0.2, biasP95: 0.02, cutP95: 0 } // prettier-ignore
  const card = { ...thresholdCard, name: 'known', source: { shift } }
  await saveModel(join(place, 'models', 'known'), { graph: thresholdGraph(), card })
  const scan = join(place, 'scan.nii.gz')
  writeFileSync(scan, ballNifti().scan)

  const { code, stdout, stderr } = await scanbridge(['check', scan, '--model', 'known', '--json'])
  expect(stderr).not.toContain('failed')
  expect(code).toBe(0)
  const report = JSON.parse(stdout) as ShiftReport
  expect(report.causes.map(({ cause }) => cause)).toEqual(['contrast', 'noise', 'resolution', 'bias-field', 'field-of-view']) // prettier-ignore
  // The ball's noise has a standard deviation of 25, its core is at 700 and air at 5.
  expect(report.causes[1]!.score).toBeCloseTo(25 / 695 / 0.04, 1)
  // The shell is at 300.
  expect(report.causes[0]!.finding).toMatch(/^shell has 4[23] % of the brightness/)

  const text = await scanbridge(['check', scan, '--model', 'known'])
  expect(text.stdout.startsWith(report.sentence)).toBe(true)
  const unknown = await scanbridge(['check', scan, '--model', 'threshold'])
  expect(unknown).toMatchObject({ code: 0, stdout: expect.stringContaining('cannot be compared') as string })
})
