import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { Calibration } from '../model/calibration.ts'
import type { RunRecord } from '../runs/run.ts'
import { writeNifti } from '../volume/nifti.ts'
import { createRandom } from '../volume/random.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_MODELS'] = at('models')
process.env['SCANBRIDGE_HOME'] = at('home')
const request = (manifest: string, out: string, ...more: string[]): string[] => [
  ...['calibrate', at(manifest), '--model', 'threshold', '--out', at(out), ...more],
]
let installed = ''

/** Six balls of six scanners, of which two at a time are as flat and noisy as each other; every eighth slice. */
beforeAll(async () => {
  installed = at('home', 'calibrations', `${(await saveThresholdModel(at('models', 'threshold'))).sha256}.json`)
  const { volume, truth } = ballScan()
  const [ni, nj, nk] = volume.shape
  const isKept = (_: number, n: number): boolean => Math.floor(n / (ni * nj)) % 8 === 4
  const grid = { shape: [ni, nj, nk / 8] as const, affine: volume.affine.map((value, n) => (n === 10 ? 24 : value)) }
  writeFileSync(at('truth.nii.gz'), writeNifti({ ...grid, data: truth.data.filter(isKept) }))
  const rows = [0, 1, 2, 3, 4, 5].map((n) => {
    const random = createRandom(n)
    const worse = n % 3
    const data = volume.data.map((value) => Math.abs(value + 100 * worse + 30 * (1 + worse) * random.normal()))
    writeFileSync(at(`${n}.nii.gz`), writeNifti({ ...grid, data: data.filter(isKept) }))
    return `head ${n},${n}.nii.gz,truth.nii.gz,scanner ${n},${n === 5 ? 0 : n}`
  })
  const csv = (lines: string[]): string => ['case,image,reference,scanner,subject', ...lines, ''].join('\n')
  writeFileSync(at('cohort.csv'), csv([...rows, 'unlabelled,0.nii.gz,,scanner 0,0']))
  // Both of a kind are one scanner here: what is like the one that is judged is always left out.
  const alike = rows.map((row, n) => row.replace(/scanner \d/, `scanner ${n % 3}`))
  writeFileSync(at('alike.csv'), csv(alike))
  writeFileSync(at('few.csv'), csv(rows.slice(0, 4)))
})

test('a calibration on labelled scans says how good it is, is found by the guard, and goes on where it was stopped', async () => {
  const { code, stdout, stderr } = await scanbridge([...request('cohort.csv', 'out'), '--json'])
  expect(stderr).not.toContain('failed')
  expect(code).toBe(0)
  const result = JSON.parse(stdout) as { calibration: Calibration; installed: string; withoutReference: number }
  expect(result).toMatchObject({ installed, withoutReference: 1 })
  expect(result.calibration.figures).toMatchObject({ cases: 6, shifts: 6, subjects: 5 })
  expect(result.calibration.figures.harmed).toBeGreaterThanOrEqual(5)
  expect(result.calibration.data).toBe(
    '6 labelled scans of 6 scanners, each judged by other scanners and other subjects',
  )
  expect(readFileSync(installed, 'utf8')).toBe(readFileSync(at('out', 'calibration.json'), 'utf8'))

  // What a kill leaves: the last case is not done, and half a line.
  const lines = readFileSync(at('out', 'states.jsonl'), 'utf8').split('\n')
  const kept = lines.filter((line) => line && !line.includes('head 5'))
  writeFileSync(at('out', 'states.jsonl'), `${kept.join('\n')}\n{"case":"hea`)
  const again = await scanbridge(request('cohort.csv', 'out'))
  expect(readFileSync(at('out', 'states.jsonl'), 'utf8').split('\n')).toEqual(lines)
  expect(again.stdout).toMatch(/Harm told from help: AUC [01]\.\d{3}.*\n.*Brier score .*, calibration error/)
  expect(again.stdout).toContain('Left out, without a reference: 1.')

  const out = at('run')
  await scanbridge(['adapt', at('1.nii.gz'), '--model', 'threshold', '--method', 'norm', '--out', out])
  const { guard } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as RunRecord
  expect(guard.expectedDice).toMatchObject({ cases: 6 })
  const { interval, kept: expected } = guard.expectedDice!
  expect(interval[0]).toBeLessThanOrEqual(expected)
  expect(interval[1]).toBeGreaterThanOrEqual(expected)
  const report = readFileSync(join(out, 'report.html'), 'utf8')
  expect(report).toMatch(/Expected mean Dice [01]\.\d\d \([01]\.\d\d to [01]\.\d\d\)/)
  expect(report).toContain('An estimate without labels')
})

test.each([
  [
    'few.csv',
    'new',
    [],
    /4 cases with a reference mask can be used, and a calibration needs at least 6\. Add labelled/,
  ],
  ['alike.csv', 'alike', [], /alike\.csv cannot be used: on its scans .* do not tell harm from help.*other scanners/],
  ['cohort.csv', 'norm', ['--method', 'norm'], /too (few|many) to tell harm from help\. Calibrate without --method/],
  ['cohort.csv', 'out', ['--seed', '3'], /a calibration with another model, manifest, methods or seed was begun in it/],
  ['cohort.csv', 'models', [], /there is something else in it/],
  ['cohort.csv', 'other', ['--method', 'magic'], /There is no method magic/],
])('what cannot be done is said: %s into %s %j', async (manifest, out, more, sentence) => {
  const { code, stderr } = await scanbridge(request(manifest, out, ...more, '--no-install'))
  expect(code).not.toBe(0)
  expect(stderr).toMatch(sentence)
})

test('a calibration that cannot be used is refused with its name, not passed over, and can be made anew', async () => {
  const segment = () => scanbridge(['segment', at('0.nii.gz'), '--model', 'threshold', '--out', at('mask.nii.gz')])
  const good = readFileSync(installed, 'utf8')
  for (const [text, reason] of [
    [`${good}x`, 'it is not JSON'],
    ['null', 'another version of Scanbridge wrote it'],
    [good.replace('"schema": 2', '"schema": 1'), 'another version of Scanbridge wrote it'],
    [good.replace('"weights": [', '"weights": [0.5, '), 'it has not as many numbers as scores'],
  ] as const) {
    writeFileSync(installed, text)
    const { code, stderr } = await segment()
    expect(code).not.toBe(0)
    expect(stderr).toContain(`${installed} cannot be used as a calibration of the guard: ${reason}.`)
  }
  await scanbridge(request('cohort.csv', 'out'))
  expect(readFileSync(installed, 'utf8')).toBe(good)
  expect((await segment()).code).toBe(0)
})
