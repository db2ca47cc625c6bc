import { Ajv2020 } from 'ajv/dist/2020.js'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { CaseRow as CaseRowSchema } from '../../evaluate/case-row.ts'
import type { CaseRow, LabelScore } from '../../evaluate/case-row.ts'
import { EvaluationSummary } from '../../evaluate/evaluation.ts'
import { summarise } from '../../evaluate/summary.ts'
import { createRandom } from '../../volume/random.ts'
import { formats } from '../files.ts'
import { limitsOfAgreement } from './agreement.ts'
import { CohortReport } from './cohort-report.ts'
import { writeCohortReports } from './files.ts'
import { distinctGroupings } from './partitions.ts'
import { guardJudgement } from './guard-judgement.ts'

const names = ['grey & "matter"', '<white>']
const hash = 'ab'.repeat(32)

function score(dice: number, differenceMl: number): LabelScore {
  const mm = 10 * (1 - dice)
  const distances = dice > 0 ? { hd95: mm, hd95Pooled: mm, assd: mm / 4 } : { hd95: null, hd95Pooled: null, assd: null }
  return {
    dice,
    ...distances,
    surfaceDice: dice,
    volumeMl: 100 + differenceMl,
    referenceMl: 100,
    differenceMl,
    empty: dice > 0 ? 'neither' : 'prediction',
  }
}

/** Two scanners of seven; the second loses 0.2, half of which comes back; one case that is harmed was rolled back. */
function cohort(hasReference = true): CaseRow[] {
  const random = createRandom(3)
  return Array.from({ length: 14 }, (_, index): CaseRow => {
    const isShifted = index >= 7
    const before = (isShifted ? 0.7 : 0.9) + 0.01 * random.normal()
    const adapted = before + (index === 7 ? -0.05 : isShifted ? 0.1 : 0.001)
    const kept = index === 7 ? before : adapted
    const both = (dice: number, ml: number): Record<string, LabelScore> =>
      Object.fromEntries(names.map((name) => [name, score(dice, ml)]))
    return {
      case: `c${index}`,
      method: 'tent',
      index,
      state: 'done',
      scanner: isShifted ? 'Maker <B> 1.5 T' : 'Maker A 3 T',
      manufacturer: 'Maker',
      model: isShifted ? 'B' : 'A',
      fieldStrength: isShifted ? 1.5 : 3,
      group: isShifted ? '' : 'reference',
      columns: { coil: `coil ${index % 2}`, age: String(20 + index), 'patient name': 'Doe^Jane' },
      seriesHash: hash,
      verdict: index === 7 ? 'rolled-back' : 'accepted',
      keptStep: index === 7 ? 'source' : 3,
      reasons: [],
      labelFree: { 'S4 consistency': 0.9 },
      volumes: Object.fromEntries(names.map((name) => [name, { before: 100, adapted: 110, kept: 110 }])),
      reference: hasReference ? { before: both(before, index), adapted: both(adapted, 2), kept: both(kept, 2) } : null,
      diagonalMm: hasReference ? 300 : null,
      error: null,
    }
  })
}

function failed(index: number, message: string): CaseRow {
  const [first] = cohort()
  const error = { code: 'input-unsupported', message, remedy: '' }
  return {
    ...first!,
    case: `c${index}`,
    index,
    state: 'failed',
    scanner: 'unknown',
    verdict: null,
    reference: null,
    error,
  }
}

function summaryOf(rows: readonly CaseRow[]): EvaluationSummary {
  const labels = names.map((name, n) => ({ value: n + 1, name, color: ['#E69F00', '#56B4E9'][n]! }))
  return {
    schema: 1,
    notice: 'Research use only.',
    evaluation: {
      schema: 1,
      scanbridge: { version: '0.1.0' },
      manifest: { sha256: hash, cases: 16 },
      model: { name: 'tiny', version: '1', sha256: hash, labels },
      methods: [{ name: 'tent', parameters: { learningRate: 0.001 } }],
      engine: 'cpu 4.22.0',
      seed: 0,
      guard: true,
      toleranceMm: 1,
    },
    counts: {
      rows: rows.length,
      done: rows.filter(({ state }) => state === 'done').length,
      failed: rows.filter(({ state }) => state === 'failed').length,
      withoutReference: rows.filter((row) => row.state === 'done' && !row.reference).length,
      expected: 16,
    },
    methods: [...summarise(rows, distinctGroupings(rows).columns)],
    failures: [],
  }
}

const rows = [...cohort(), failed(14, 'c14 cannot be used: <gap>.'), failed(15, 'It broke in /home/doe/scans.')]

async function write(some: readonly CaseRow[], summary = summaryOf(some)): Promise<(format: string) => string> {
  const folder = mkdtempSync(join(tmpdir(), 'cohort-'))
  for (const name of ['evaluation.json', 'cases.jsonl', 'cases.csv', 'summary.json'])
    writeFileSync(join(folder, name), name)
  const facts = { summary, rows: some, runOf: () => join(folder, 'no-run') }
  expect(await writeCohortReports(folder, facts, formats)).toEqual(formats.map((format) => `report.${format}`))
  return (format) => readFileSync(join(folder, `report.${format}`), 'latin1')
}

let summary: EvaluationSummary
let whole: (format: string) => string
beforeAll(async () => {
  summary = summaryOf(rows)
  whole = await write(rows, summary)
})

test('made twice from the same rows, every format has the same bytes', async () => {
  const again = await write(rows)
  for (const format of formats) expect(again(format) === whole(format), format).toBe(true)
})

test('the page stands alone, and tells what came back, what was harmed, and what failed', () => {
  const page = whole('html')
  expect(page).not.toMatch(/<script|<link|@import|src=|url\((?!#)|\son\w+=|style="|\/\/\w/i)
  for (const [, id] of page.matchAll(/(?:href="#|url\(#)([\w-]+)/g)) expect(page).toContain(`id="${id}"`)
  expect(page).toContain('Maker &lt;B&gt;')
  expect(page).toContain('grey &amp; &quot;matter&quot;')
  expect(page).toContain('Harmed: 0 of 14 cases, 1 had the last step been kept.')
  expect(page).toContain('c14 cannot be used: &lt;gap&gt;.')
  expect(page).not.toContain('NaN')
  // Numbered one after the other.
  const numbers = (kind: string): number[] =>
    [...page.matchAll(new RegExp(`<b>${kind} (\\d+)\\.`, 'g'))].map(([, n]) => Number(n))
  for (const kind of ['Table', 'Figure']) expect(numbers(kind)).toEqual(numbers(kind).map((_, n) => n + 1))
})

test('no path, and no column of the manifest that may say who somebody is', () => {
  const read = whole
  for (const format of formats) expect(read(format)).not.toMatch(/Doe|\/home|patient name|\b33\b years/)
  const { leftOut, groupings: shown } = JSON.parse(read('json')) as CohortReport
  expect(leftOut.slice(0, 2).map(({ column }) => column)).toEqual(['age', 'a column'])
  expect(shown).toContain('coil')
})

test('a column that would tell the same again has no table, but its values are told', () => {
  const { leftOut, groupings: shown } = JSON.parse(whole('json')) as CohortReport
  expect(shown).toEqual(['scanner', 'group', 'coil'])
  expect(leftOut.slice(2)).toEqual([
    { column: 'manufacturer', reason: 'Maker in all cases' },
    { column: 'model', reason: 'it splits the cases as scanner does' },
    { column: 'fieldStrength', reason: 'it splits the cases as scanner does' },
  ])
  expect(whole('html')).toContain('scanner model (it splits the cases as scanner does)')
  // Where the manifest has names of its own, what they stand for is not lost.
  const renamed = cohort().map((row) => ({ ...row, scanner: row.model === 'A' ? 'old' : 'new' }))
  expect(distinctGroupings(renamed).leftOut).toContainEqual({
    column: 'model',
    reason: 'it splits the cases as scanner does: new is B, old is A',
  })
})

test('report.json and summary.json follow the published schemas', async () => {
  const report = JSON.parse(whole('json')) as object
  for (const [name, schema, value] of [
    ['cohort-report', CohortReport, report],
    ['evaluation-summary', EvaluationSummary, JSON.parse(JSON.stringify(summary)) as object],
  ] as const) {
    const published = z.toJSONSchema(schema)
    const path = `../../../docs/schemas/${name}.schema.json`
    await expect(JSON.stringify(published, null, 2) + '\n').toMatchFileSnapshot(path)
    const check = new Ajv2020({ strict: false, validateFormats: false }).compile(published)
    expect(check(value), JSON.stringify(check.errors)).toBe(true)
    expect(check({ ...value, schema: 2 })).toBe(false)
    expect(check({ ...value, counts: undefined })).toBe(false)
  }
})

test('rows follow the published schema of a line of cases.jsonl', async () => {
  const published = z.toJSONSchema(CaseRowSchema)
  const path = '../../../docs/schemas/case-row.schema.json'
  await expect(JSON.stringify(published, null, 2) + '\n').toMatchFileSnapshot(path)
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(published)
  for (const row of rows) expect(check(JSON.parse(JSON.stringify(row))), JSON.stringify(check.errors)).toBe(true)
  expect(check({ ...rows[0], verdict: 3 })).toBe(false)
})

test('limits of agreement are those of the definition', () => {
  // 0 to 13: mean 6.5, variance (14^2 - 1) / 12 * 14 / 13 = 17.5.
  const { volumeAgreement } = JSON.parse(whole('json')) as CohortReport
  const [before] = volumeAgreement
  expect(before).toMatchObject({ label: names[0], state: 'before', cases: 14, bias: 6.5 })
  expect(before!.sd).toBeCloseTo(Math.sqrt(17.5), 12)
  expect(before!.high).toBeCloseTo(6.5 + 1.96 * Math.sqrt(17.5), 12)
  expect(limitsOfAgreement([1])).toBeUndefined()
})

test('the guard is judged by what it averted and what it refused', () => {
  expect(guardJudgement(rows, 'tent')).toEqual({
    method: 'tent',
    verdicts: { accepted: 13, 'rolled-back': 1 },
    harmful: { cases: 1, averted: 1 },
    helpful: { cases: 6, kept: 6 },
  })
})

test('without any reference the report says that nothing in it measures accuracy', async () => {
  const read = await write(cohort(false))
  expect(read('html')).toContain('Nothing in this report measures accuracy')
  expect(read('html')).toContain('Volume of grey')
  expect(read('html')).not.toContain('Bland-Altman')
  expect((JSON.parse(read('json')) as CohortReport).withoutReference[0]).toMatchObject({ cases: 14 })
  expect(read('csv').trimEnd().split('\r\n').length).toBe(1)
})

test('a mask that vanished is told, not dropped', async () => {
  const empty = cohort().map((row, n) => {
    const gone = Object.fromEntries(names.map((name) => [name, score(n === 9 ? 0 : 0.8, 0)]))
    return { ...row, reference: { ...row.reference!, kept: gone } }
  })
  const page = (await write(empty))('html')
  expect(page).toContain('under tent (0 before, 1 kept)')
  expect(page).toContain('penalised mean')
})

test('cases in which both masks are empty are told apart from those that were found', async () => {
  const absent = cohort().map((row, n) => {
    const masks = Object.fromEntries(names.map((name) => [name, { ...score(1, -100), empty: 'both' as const }]))
    return n === 9 ? { ...row, reference: { before: masks, adapted: masks, kept: masks } } : row
  })
  const read = await write(absent)
  expect(read('html')).toContain('both masks are empty: grey &amp; &quot;matter&quot; under tent (1 before, 1 kept)')
  expect(read('html')).toContain('Both empty, kept')
  const [, line] = read('csv').split('\r\n')
  expect(line).toMatch(/,1$/)
})

test('where norm was not run the report says what is missing to compare with', async () => {
  expect(whole('html')).toContain('The method norm')
  const rows = cohort().map((row) => ({ ...row, method: 'norm' }))
  const made = summaryOf(rows)
  const evaluation = { ...made.evaluation, methods: [{ name: 'norm', parameters: {} }] }
  expect((await write(rows, { ...made, evaluation }))('html')).not.toContain('The method norm')
})

test('the CSV has a line for every number of the tables, quoted where needed', () => {
  const lines = whole('csv').trimEnd().split('\r\n')
  // All; 2 scanners, groups, coils: 7 groups of (2 labels x 5 + 2 of the mean) metrics, 3 states.
  expect(lines.length).toBe(1 + 7 * 12 * 3)
  expect(lines[1]).toContain('tent,all,all,14,"grey & ""matter""",dice,14,before,0,,')
})
