import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge, start } from '../../tests/command-line.ts'
import { ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { EvaluationSummary } from '../evaluate/evaluation.ts'
import { createRandom } from '../volume/random.ts'
import { writeNifti } from '../volume/nifti.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_MODELS'] = at('models')
const reports = ['report.html', 'report.pdf', 'report.json', 'report.csv']
const results = ['evaluation.json', 'cases.jsonl', 'cases.csv', 'summary.json', ...reports]
const read = (folder: string, name: string): string => readFileSync(at(folder, name), 'utf8')
const summary = (folder: string): EvaluationSummary => JSON.parse(read(folder, 'summary.json')) as EvaluationSummary
const doneRows = (folder: string): number =>
  existsSync(at(folder, 'cases.jsonl')) ? read(folder, 'cases.jsonl').split('\n').length - 1 : 0

/** Six heads from each of four scanners; the first scanner is that of the training. */
const scanners = ['A', 'B', 'C', 'D']
const request = (out: string, ...more: string[]): string[] => [
  ...['evaluate', at('cohort.csv'), '--model', 'threshold', '--method', 'norm', '--method', 'tent'],
  ...['--set', 'tent:steps=2', '--out', at(out), ...more],
]

/** Every fourth slice: a cohort takes seconds. */
function thick({ volume, truth }: ReturnType<typeof ballScan>): ReturnType<typeof ballScan> {
  const [ni, nj, nk] = volume.shape
  const grid = { shape: [ni, nj, nk / 4] as const, affine: volume.affine.map((value, n) => (n === 10 ? 12 : value)) }
  const isKept = (_: number, n: number): boolean => Math.floor(n / (ni * nj)) % 4 === 0
  return {
    volume: { ...grid, data: volume.data.filter(isKept) },
    truth: { ...grid, data: truth.data.filter(isKept) },
  }
}

beforeAll(async () => {
  await saveThresholdModel(at('models', 'threshold'))
  const { volume, truth } = thick(ballScan())
  writeFileSync(at('truth.nii.gz'), writeNifti(truth))
  const rows = scanners.flatMap((scanner, s) =>
    Array.from({ length: 6 }, (_, n) => {
      const random = createRandom(100 * s + n)
      // Each scanner has a flatter contrast than the one before, and each head its own noise.
      const data = volume.data.map((value) => Math.abs(value + 90 * s + 20 * random.normal()))
      const name = `${scanner}${n}`
      writeFileSync(at(`${name}.nii.gz`), writeNifti({ ...volume, data }))
      return `${name},${name}.nii.gz,truth.nii.gz,${scanner},${s === 0 ? 'reference' : ''},${n % 2 ? 'coil 1' : 'coil 2'}`
    }),
  )
  writeFileSync(at('cohort.csv'), ['case,image,reference,scanner,group,coil', ...rows, ''].join('\n'))
})

test('an evaluation killed three times goes on where it was, and comes to the same files as an undisturbed one', async () => {
  const whole = await scanbridge([...request('whole'), '--json'])
  expect(whole.stderr).not.toContain('failed')
  expect(JSON.parse(whole.stdout)).toMatchObject({ cases: 24, resumed: 0, done: 48, failed: 0 })
  expect(whole.stderr).toMatch(/^48 episodes: about \d+ min, \d+ MB on disk/m)
  for (const kill of [5, 17, 33]) {
    const { child, done } = start(request('killed'))
    while (doneRows('killed') < kill && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 3))
    child.kill('SIGKILL')
    await done
    expect(doneRows('killed')).toBeLessThan(48)
  }
  // What a kill in the middle of a write leaves.
  writeFileSync(at('killed', 'cases.jsonl'), '{"case":"half a li', { flag: 'a' })
  const last = await scanbridge([...request('killed'), '--json'])
  expect((JSON.parse(last.stdout) as { resumed: number }).resumed).toBeGreaterThanOrEqual(33)
  for (const name of results) expect(read('killed', name) === read('whole', name), name).toBe(true)
})

test('shards, joined, are the whole', async () => {
  const parts = ['1/3', '2/3', '3/3'].map((shard, n) => ({ shard, out: `part-${n + 1}` }))
  for (const { shard, out } of parts) await scanbridge(request(out, '--shard', shard))
  const folders = parts.map(({ out }) => at(out))
  const joined = await scanbridge(['merge', ...folders.slice(0, 2), '--out', at('two'), '--json'])
  expect(JSON.parse(joined.stdout)).toMatchObject({ rows: 32, expected: 48 })
  expect((await scanbridge(['merge', ...folders.toReversed(), '--out', at('joined')])).code).toBe(0)
  for (const name of results) expect(read('joined', name) === read('whole', name), name).toBe(true)
  const twice = await scanbridge(['merge', folders[0]!, folders[0]!, '--out', at('twice')])
  expect(twice.code).toBe(2)
  expect(twice.stderr).toContain('Give each shard once')
})

test('the tables say, scanner by scanner, what was lost, what came back, and how sure that is', () => {
  const { counts, methods } = summary('whole')
  expect(counts).toEqual({ rows: 48, done: 48, failed: 0, withoutReference: 0, expected: 48 })
  expect(methods.map(({ method }) => method)).toEqual(['norm', 'tent'])
  const { groups } = methods[0]!
  expect(groups.filter(({ by }) => by === 'scanner').map(({ value, cases }) => [value, cases])).toEqual(
    scanners.map((scanner) => [scanner, 6]),
  )
  expect(groups.filter(({ by }) => by === 'coil').map(({ value }) => value)).toEqual(['coil 1', 'coil 2'])
  const all = groups[0]!
  const dice = all.labels.find(({ label }) => label === 'shell')!.metrics.find(({ metric }) => metric === 'dice')!
  expect(dice.cases).toBe(24)
  const { median, interval } = dice.states!.before
  expect(interval![0]).toBeLessThanOrEqual(median)
  expect(interval![1]).toBeGreaterThanOrEqual(median)
  expect(all.recoveredPercent.kept).not.toBeNull()
})

test('a case that cannot be read is a row with its reason, told without its path, and the others are done', async () => {
  writeFileSync(at('broken.nii.gz'), 'no scan')
  writeFileSync(at('odd.csv'), 'case,image\nfine,A0.nii.gz\nbad,broken.nii.gz\ngone,nothing.nii.gz\n')
  const odd = await scanbridge([
    ...['evaluate', at('odd.csv'), '--model', 'threshold', '--method', 'norm'],
    ...['--out', at('odd'), '--keep-runs', '--json'],
  ])
  expect(JSON.parse(odd.stdout)).toMatchObject({ cases: 3, done: 3, failed: 2 })
  const { counts, failures } = summary('odd')
  expect(counts).toMatchObject({ done: 1, failed: 2, withoutReference: 1 })
  expect(failures.map(({ case: name }) => name)).toEqual(['bad', 'gone'])
  for (const name of results) expect(read('odd', name)).not.toContain(place)
  expect(existsSync(at('odd', 'runs', '00001-norm', 'report.html'))).toBe(true)
})

test('what failed is done again on request, once its file is there, and everything else stays', async () => {
  const args = (...more: string[]): string[] => [
    ...['evaluate', at('odd.csv'), '--model', 'threshold', '--method', 'norm', '--keep-runs'],
    ...['--out', at('odd'), '--json', ...more],
  ]
  const [fine] = read('odd', 'cases.jsonl').split('\n')
  writeFileSync(at('nothing.nii.gz'), readFileSync(at('A1.nii.gz')))
  expect(JSON.parse((await scanbridge(args())).stdout)).toMatchObject({ resumed: 3, done: 0, failed: 2 })
  expect(JSON.parse((await scanbridge(args('--retry-failed'))).stdout)).toMatchObject({
    resumed: 1,
    done: 2,
    failed: 1,
  })
  expect(read('odd', 'cases.jsonl').split('\n')[0]).toBe(fine)
  expect(summary('odd').failures.map(({ case: name }) => name)).toEqual(['bad'])
})

test.each([
  ['case,picture\nx,y\n', 'no column "image"'],
  ['case,image\nx,A0.nii.gz\nx,A1.nii.gz\n', 'x is there twice'],
  ['case,image\n,A0.nii.gz\n', 'row 1 lacks'],
  ['', 'lists no cases'],
])('a manifest that cannot be used is refused in a sentence (%j)', async (text, reason) => {
  writeFileSync(at('wrong.csv'), text)
  const { code, stderr } = await scanbridge(['evaluate', at('wrong.csv'), '--out', at('never')])
  expect(code).toBe(3)
  expect(stderr).toContain(reason)
  expect(existsSync(at('never'))).toBe(false)
})

test('a folder of another evaluation is left alone', async () => {
  const other = await scanbridge(request('whole', '--seed', '1'))
  expect(other.code).toBe(2)
  expect(other.stderr).toContain('seed differ')
})
