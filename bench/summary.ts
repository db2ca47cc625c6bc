/** How long the tables, files and reports of many cases take to make, and their sizes. `node bench/summary.ts [cases]`. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSummary } from '../main/app/evaluation-summary.ts'
import { states } from '../main/evaluate/case-row.ts'
import type { CaseRow, LabelScore, State } from '../main/evaluate/case-row.ts'
import type { Evaluation } from '../main/evaluate/evaluation.ts'
import { createRandom } from '../main/volume/random.ts'

const labels = ['Cerebrospinal fluid', 'Grey matter', 'White matter'].map((name, n) => ({
  value: n + 1,
  name,
  color: ['#E69F00', '#56B4E9', '#009E73'][n]!,
}))
const scanners = [
  ['Siemens', 'Avanto', 1.5],
  ['Siemens', 'Prisma_fit', 3],
  ['GE', 'SIGNA EXCITE', 1.5],
  ['GE', 'DISCOVERY MR750', 3],
  ['Philips', 'Intera', 1.5],
  ['Philips', 'Ingenia', 3],
] as const
const methods = ['norm', 'consistency']

export type SummaryBench = {
  readonly cases: number
  readonly rows: number
  /** Tables, cases.csv, summary.json and all reports. */
  readonly seconds: number
  /** Processor time: what it takes where nothing else runs. */
  readonly cpuSeconds: number
  readonly kilobytes: Readonly<Record<string, number>>
}

export async function benchSummary(cases: number): Promise<SummaryBench> {
  const folder = mkdtempSync(join(tmpdir(), 'scanbridge-summary-'))
  try {
    const rows = methods.flatMap((method) => Array.from({ length: cases }, (_, index) => row(index, method)))
    writeFileSync(join(folder, 'evaluation.json'), JSON.stringify(evaluation(cases)))
    writeFileSync(join(folder, 'cases.jsonl'), rows.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const [started, before] = [performance.now(), process.cpuUsage()]
    await writeSummary(folder, evaluation(cases), rows)
    const seconds = Number(((performance.now() - started) / 1000).toFixed(2))
    const { user, system } = process.cpuUsage(before)
    const cpuSeconds = Number(((user + system) / 1e6).toFixed(2))
    const sizes = readdirSync(folder).map(
      (name) => [name, Math.ceil(statSync(join(folder, name)).size / 1000)] as const,
    )
    return { cases, rows: rows.length, seconds, cpuSeconds, kilobytes: Object.fromEntries(sizes) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function evaluation(cases: number): Evaluation {
  return {
    schema: 1,
    scanbridge: { version: '0.0.0' },
    manifest: { sha256: '0'.repeat(64), cases },
    model: { name: 'bench', version: '1', sha256: '0'.repeat(64), labels },
    methods: methods.map((name) => ({ name, parameters: {} })),
    engine: 'none',
    seed: 0,
    guard: true,
    toleranceMm: 1,
  }
}

function row(index: number, method: string): CaseRow {
  const random = createRandom(index).fork(method)
  const [manufacturer, model, fieldStrength] = scanners[index % scanners.length]!
  const dice = { before: 0.85 + 0.04 * random.normal(), adapted: 0.87 + 0.03 * random.normal(), kept: 0 }
  dice.kept = random.next() < 0.8 ? dice.adapted : dice.before
  const reference = Object.fromEntries(states.map((state) => [state, scores(dice[state])])) as Record<
    State,
    Record<string, LabelScore>
  >
  return {
    case: `case-${index}`,
    method,
    index,
    state: 'done',
    scanner: `${manufacturer} ${model} ${fieldStrength} T`,
    manufacturer,
    model,
    fieldStrength,
    group: index % scanners.length ? '' : 'reference',
    columns: { protocol: index % 4 ? 'sagittal' : 'axial' },
    seriesHash: '0'.repeat(64),
    verdict: 'accepted',
    keptStep: 3,
    reasons: [],
    labelFree: { agreement: random.next() },
    volumes: Object.fromEntries(labels.map(({ name }) => [name, { before: 500, adapted: 510, kept: 510 }])),
    reference,
    diagonalMm: 350,
    error: null,
  }
}

function scores(level: number): Record<string, LabelScore> {
  return Object.fromEntries(
    labels.map(({ name }, n): [string, LabelScore] => {
      const dice = Math.min(1, level + 0.02 * n)
      const mm = 12 * (1 - dice)
      const distances = { hd95: mm, hd95Pooled: mm, assd: mm / 5, surfaceDice: dice }
      const volumes = { volumeMl: 500 * dice, referenceMl: 500, differenceMl: 500 * dice - 500 }
      return [name, { dice, ...distances, ...volumes, empty: 'neither' }]
    }),
  )
}

if (import.meta.main) console.log(JSON.stringify(await benchSummary(Number(process.argv[2] ?? 10_000)), null, 2))
