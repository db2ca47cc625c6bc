/** What goes wrong around an evaluation in a lab: each ends in one clear sentence, or in a row that says it. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { CaseRow } from '../main/evaluate/case-row.ts'
import { writeNifti } from '../main/volume/nifti.ts'
import type { LabelMap, Volume } from '../main/volume/volume.ts'
import { freshFolder, scanbridge, start } from './command-line.ts'
import type { Finished } from './command-line.ts'
import { ballScan, saveThresholdModel } from './threshold-model.ts'

// A folder as labs have them.
const place = join(freshFolder(), 'Köpfe, Büro 3')
const at = (...names: string[]): string => join(place, ...names)
const read = (...names: string[]): string => readFileSync(at(...names), 'utf8')
const rows = (folder: string): CaseRow[] =>
  read(folder, 'cases.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CaseRow)
const evaluate = (manifest: string, out: string, ...more: string[]): Promise<Finished> =>
  scanbridge(['evaluate', at(manifest), '--model', 'threshold', '--method', 'norm', '--out', at(out), ...more])

/** Four slices: a case takes a moment. */
function thin<T extends Volume | LabelMap>(volume: T): T {
  const [ni, nj] = volume.shape
  const data = volume.data.filter((_, n) => Math.floor(n / (ni * nj)) % 10 === 5)
  return { ...volume, shape: [ni, nj, 4], affine: volume.affine.map((x, n) => (n === 10 ? 30 : x)), data }
}

beforeAll(async () => {
  mkdirSync(place)
  process.env['SCANBRIDGE_MODELS'] = at('models')
  await saveThresholdModel(at('models', 'threshold'))
  const { volume, truth } = ballScan()
  const mask = thin(truth)
  writeFileSync(at('Mustermann Jörg.nii.gz'), writeNifti(thin(volume)))
  writeFileSync(at('Größe.nii.gz'), writeNifti(mask))
  writeFileSync(at('empty.nii.gz'), writeNifti({ ...mask, data: mask.data.map(() => 0) }))
  writeFileSync(at('foreign.nii.gz'), writeNifti({ ...mask, data: mask.data.map((label) => 40 * label) }))
  writeFileSync(at('far.nii.gz'), writeNifti({ ...mask, affine: mask.affine.map((x, n) => (n === 11 ? 5000 : x)) }))
  // The same mask on a finer grid.
  const [ni, nj, nk] = mask.shape
  const fine = Uint8Array.from(
    { length: 4 * ni * nj * nk },
    (_, n) =>
      mask.data[
        Math.floor((n % (2 * ni)) / 2) +
          ni * (Math.floor((Math.floor(n / (2 * ni)) % (2 * nj)) / 2) + nj * Math.floor(n / (4 * ni * nj)))
      ]!,
  )
  const affine = mask.affine.map((x, n) => (n === 0 || n === 5 ? x / 2 : n === 3 || n === 7 ? x - 0.75 : x))
  writeFileSync(at('fine.nii.gz'), writeNifti({ shape: [2 * ni, 2 * nj, nk], affine, data: fine }))
  writeFileSync(at('Mustermann broken.nii.gz'), 'no scan')
})

test('a manifest from a spreadsheet: byte order mark, semicolons, CRLF, quotes, umlauts, blank lines', async () => {
  const lines = [
    'case;image;reference;scanner;remark',
    '"Köln ""A""";Mustermann Jörg.nii.gz;Größe.nii.gz;"a; b";"two',
    'lines"',
    '',
    'second ;  Mustermann Jörg.nii.gz;;;',
  ]
  writeFileSync(at('odd.csv'), `\uFEFF${lines.join('\r\n')}\r\n`)
  const { code, stdout } = await evaluate('odd.csv', 'odd', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ cases: 2, done: 2, failed: 0 })
  expect(rows('odd').map((row) => [row.case, row.scanner, row.reference !== null])).toEqual([
    ['Köln "A"', 'a; b', true],
    ['second', 'unknown', false],
  ])
})

test.each([
  ['case,image,image\nx,a.nii,b.nii\n', 'names the column "image" twice'],
  ['case,image\nx,a.nii,too many\n', 'Invalid Record Length'],
  [Buffer.from('case,image\nK\xf6ln,a.nii\n', 'latin1'), 'not in UTF-8'],
  [Buffer.from('\uFEFFcase,image\nx,a.nii\n', 'utf16le'), 'not in UTF-8'],
  ['case,image\n"x,a.nii\n', 'Quote Not Closed'],
])('a manifest that nobody can read is refused in a sentence (%#)', async (content, reason) => {
  writeFileSync(at('wrong.csv'), content)
  const { code, stderr } = await evaluate('wrong.csv', 'never')
  expect(code).toBe(3)
  expect(stderr).toContain(reason)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(existsSync(at('never'))).toBe(false)
})

test('references: on another grid, empty, of another place, of other labels, missing; scans that are none', async () => {
  const scan = 'Mustermann Jörg.nii.gz'
  const lines = [
    ['same', scan, 'Größe.nii.gz'],
    ['finer', scan, 'fine.nii.gz'],
    ['nothing', scan, 'empty.nii.gz'],
    ['elsewhere', scan, 'far.nii.gz'],
    ['others', scan, 'foreign.nii.gz'],
    ['lost', scan, 'Mustermann truth.nii.gz'],
    ['broken', 'Mustermann broken.nii.gz', ''],
  ]
  writeFileSync(at('references.csv'), ['case,image,reference', ...lines.map((one) => one.join(','))].join('\n'))
  expect((await evaluate('references.csv', 'references')).code).toBe(0)
  const [same, finer, nothing, ...failed] = rows('references')
  // Voxels of the finer mask lie about those of the scan: the nearest is one of the same label.
  expect(finer!.reference).toEqual(same!.reference)
  expect(same!.reference!.before['core']!.empty).toBe('neither')
  expect(nothing!.reference!.before['core']).toMatchObject({ empty: 'reference', dice: 0, hd95: null })
  expect(failed.map(({ case: name, error }) => [name, error!.message])).toEqual([
    ['elsewhere', 'The reference of elsewhere cannot be used: it lies outside the scan.'],
    ['others', 'The reference of others cannot be used: it holds 40, 80, and the model labels 1 shell, 2 core.'],
    ['lost', 'There is nothing to read at the reference of lost.'],
    ['broken', expect.stringMatching(/^broken cannot be used: /)],
  ])
  for (const name of ['cases.jsonl', 'cases.csv', 'summary.json', 'report.json', 'report.html'])
    expect(read('references', name), name).not.toMatch(/Mustermann|Büro/)
})

test('what a kill left of a file that was being written is cleared away, and is no other content', async () => {
  mkdirSync(at('begun'))
  writeFileSync(at('begun', 'evaluation.json.3141592653'), '{"schema":')
  const old = new Date(Date.now() - 3_600_000)
  utimesSync(at('begun', 'evaluation.json.3141592653'), old, old)
  expect((await evaluate('odd.csv', 'begun')).code).toBe(0)
  expect(readdirSync(at('begun')).sort()).toEqual(readdirSync(at('odd')).sort())
})

test('a manifest that was changed after the start is another evaluation', async () => {
  writeFileSync(at('changing.csv'), 'case,image\na,Mustermann Jörg.nii.gz\n')
  expect((await evaluate('changing.csv', 'changing')).code).toBe(0)
  appendFileSync(at('changing.csv'), 'b,Mustermann Jörg.nii.gz\n')
  const { code, stderr } = await evaluate('changing.csv', 'changing')
  expect(code).toBe(2)
  expect(stderr).toContain('holds another evaluation: manifest differ')
})

test('of two processes in one folder one goes on and one says so; the files are whole, without a row twice', async () => {
  const names = Array.from({ length: 60 }, (_, n) => `c${n}`)
  const lines = names.map((name) => `${name},Mustermann Jörg.nii.gz,Größe.nii.gz`)
  writeFileSync(at('many.csv'), ['case,image,reference', ...lines].join('\n'))
  const args = ['evaluate', at('many.csv'), '--model', 'threshold', '--method', 'norm', '--out', at('shared')]
  const first = start(args)
  while (!existsSync(at('shared', 'cases.jsonl'))) await new Promise((resolve) => setTimeout(resolve, 5))
  const ends = await Promise.all([first.done, start(args).done])
  const stopped = ends.filter(({ code }) => code !== 0)
  for (const { stderr } of stopped) expect(stderr).toContain('Another process writes into')
  expect(stopped.length).toBeLessThan(2)
  expect(rows('shared').map((row) => row.case)).toEqual(names)
})

test.skipIf(!existsSync('/dev/full'))('a folder that cannot be made is told in a sentence', async () => {
  const { code, stderr } = await evaluate('odd.csv', join('odd.csv', 'inside'))
  expect(code).toBe(1)
  expect(stderr).toMatch(/could not be written: ENOTDIR/)
})

test('an evaluation that was stopped can be reported on: the report says that it is partial', async () => {
  mkdirSync(at('stopped'))
  for (const name of ['evaluation.json', 'cases.jsonl']) writeFileSync(at('stopped', name), read('odd', name))
  writeFileSync(at('stopped', 'cases.jsonl'), read('odd', 'cases.jsonl').slice(0, -20))
  expect((await scanbridge(['report', at('stopped')])).code).toBe(0)
  expect(JSON.parse(read('stopped', 'report.json'))).toMatchObject({
    partial: 'This report is partial: 1 of 2 episodes have not been done.',
  })
  expect(read('stopped', 'cases.csv')).toContain('Köln')
  expect(read('stopped', 'cases.csv')).not.toContain('second')
})

test('more shards than cases: the empty ones are evaluations without a row, and merge all the same', async () => {
  const shards = ['1/3', '2/3', '3/3']
  for (const [n, shard] of shards.entries())
    expect((await evaluate('odd.csv', `part-${n + 1}`, '--shard', shard)).code).toBe(0)
  const parts = shards.map((_, n) => at(`part-${n + 1}`))
  // Joined before all were there, as where the night was too short, and again.
  expect((await scanbridge(['merge', parts[0]!, parts[2]!, '--out', at('joined')])).stdout).toContain(
    'are not there yet',
  )
  expect((await scanbridge(['merge', ...parts, '--out', at('joined')])).code).toBe(0)
  for (const name of ['cases.jsonl', 'cases.csv', 'summary.json', 'report.json', 'report.pdf', 'report.html'])
    expect(read('joined', name) === read('odd', name), name).toBe(true)
})

test('a merge that was killed on its way is done again, to the same files', async () => {
  const args = ['merge', ...[1, 2, 3].map((n) => at(`part-${n}`)), '--out', at('half')]
  for (const file of ['evaluation.json', 'cases.jsonl', 'summary.json']) {
    const { child, done } = start(args)
    while (!existsSync(at('half', file)) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 2))
    child.kill('SIGKILL')
    await done
  }
  expect((await scanbridge(args)).code).toBe(0)
  for (const name of ['evaluation.json', 'cases.jsonl', 'cases.csv', 'summary.json', 'report.json', 'report.pdf'])
    expect(read('half', name) === read('odd', name), name).toBe(true)
})

test('a merge harms nothing: not a shard, not a folder with other rows, and no folder is half made', async () => {
  const before = read('part-1', 'cases.jsonl')
  const into = await scanbridge(['merge', at('part-1'), at('part-2'), '--out', at('part-1', '..', 'part-1')])
  expect(into.code).toBe(2)
  expect(into.stderr).toContain('is one of the folders to be joined')
  const over = await scanbridge(['merge', at('part-3'), '--out', at('part-1')])
  expect(over.code).toBe(2)
  expect(over.stderr).toContain('which is in none of the folders to be joined')
  expect(read('part-1', 'cases.jsonl')).toBe(before)
  const none = await scanbridge(['merge', at('part-1'), at('models'), '--out', at('new')])
  expect(none.code).toBe(3)
  expect(none.stderr).toContain('there is no evaluation.json in it')
  expect(existsSync(at('new'))).toBe(false)
})

test('an option of a method that is not asked for is a mistake, not nothing', async () => {
  const { code, stderr } = await evaluate('odd.csv', 'never', '--set', 'tent:steps=2')
  expect(code).toBe(2)
  expect(stderr).toContain('--set tent:steps is for a method that is not asked for')
})

test('replay of what is no report of a run says so', async () => {
  for (const [path, reason] of [
    [at('odd'), 'it is a folder'],
    [at('odd', 'report.json'), 'it is no report.json of a run'],
    [at('odd.csv'), 'it is no JSON'],
    [at('nowhere.json'), 'nothing to read'],
  ] as const) {
    const { code, stderr } = await scanbridge(['replay', path, '--scan', at('Mustermann Jörg.nii.gz')])
    expect(code, path).toBe(3)
    expect(stderr).toContain(reason)
  }
})
