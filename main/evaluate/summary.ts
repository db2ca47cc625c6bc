import { medianInterval } from './bootstrap.ts'
import { states } from './case-row.ts'
import type { CaseRow, LabelScore, State } from './case-row.ts'
import { holm, mean, median, quantileOfSorted } from './statistics.ts'
import { signedRank } from './wilcoxon.ts'

/** Metrics that are summed up over cases, with what counts as better. */
export const metrics = {
  dice: { better: 'higher', unit: '', title: 'Dice' },
  surfaceDice: { better: 'higher', unit: '', title: 'Surface Dice' },
  hd95: { better: 'lower', unit: 'mm', title: 'HD95' },
  assd: { better: 'lower', unit: 'mm', title: 'ASSD' },
  differenceMl: { better: 'zero', unit: 'ml', title: 'Volume difference' },
} as const
export type Metric = keyof typeof metrics

export type Spread = {
  readonly median: number
  readonly q1: number
  readonly q3: number
  readonly min: number
  readonly max: number
  readonly mean: number
  /** 95 % bootstrap interval (BCa) of the median; null for fewer than two cases. */
  readonly interval: readonly [number, number] | null
}

export type Change = {
  /** Of the differences after minus before, case by case. */
  readonly median: number
  readonly interval: readonly [number, number] | null
  /** Two-sided Wilcoxon; null where no case differs. */
  readonly p: number | null
  /** Corrected (Holm) over all labels and groups of the same method and metric. */
  readonly pHolm: number | null
  /** Rank-biserial correlation, -1 to 1. */
  readonly effect: number
}

export type MetricSummary = {
  readonly metric: Metric
  /** Cases in which it is defined in all three states. */
  readonly cases: number
  /** Cases that have none since one mask is empty, by state: never dropped silently. */
  readonly undefined: Readonly<Record<State, number>>
  /** For distances: the mean with the field of view's diagonal in place of what is undefined. */
  readonly penalisedMean: Readonly<Record<State, number>> | null
  readonly states: Readonly<Record<State, Spread>> | null
  readonly changes: Readonly<Record<'adapted' | 'kept', Change>> | null
}

export type LabelSummary = {
  readonly label: string
  /** Cases in which neither mask has a voxel: they score as perfect, so they are counted. Of the mean: in any label. */
  readonly bothEmpty: Readonly<Record<State, number>>
  readonly metrics: readonly MetricSummary[]
}

export type Harm = { readonly count: number; readonly share: number }

export type GroupSummary = {
  /** What the cases have in common: 'all', or a column such as 'scanner' and its value. */
  readonly by: string
  readonly value: string
  readonly cases: number
  readonly warning: string | null
  readonly labels: readonly LabelSummary[]
  /** Mean Dice over labels falls by more than 0.01. */
  readonly harmed: Readonly<Record<'adapted' | 'kept', Harm>>
  /** The largest falls first, at most five; changes of the mean Dice. */
  readonly worst: readonly {
    readonly case: string
    readonly change: number
    readonly before: number
    readonly kept: number
  }[]
  /** 100 * sum(state - before) / sum(in-domain - before), mean Dice over labels; null without a reference group or a loss. */
  readonly recoveredPercent: Readonly<Record<'adapted' | 'kept', number | null>>
}

export type MethodSummary = { readonly method: string; readonly groups: readonly GroupSummary[] }

const harmLimit = 0.01
/** Below this many cases a 5 % two-sided Wilcoxon cannot be reached at all. */
const fewCases = 6
const changed = ['adapted', 'kept'] as const

type Scored = CaseRow & { readonly reference: NonNullable<CaseRow['reference']> }

/**
 * Case rows to tables (methods.md section 5): overall and by each of `columns` (fields of the rows or columns of the
 * manifest). Only finished cases with a reference count.
 */
export function summarise(rows: readonly CaseRow[], columns: readonly string[]): readonly MethodSummary[] {
  const scored = rows.filter((row): row is Scored => row.state === 'done' && row.reference !== null)
  return [...new Set(scored.map(({ method }) => method))].map((method) => {
    const own = scored.filter((row) => row.method === method)
    const inDomain = own.filter(({ group }) => group === 'reference').map((row) => meanDice(row, 'before'))
    const target = inDomain.length > 0 ? mean(inDomain) : NaN
    const groups = [{ by: 'all', value: 'all', rows: own }, ...columns.flatMap((by) => split(own, by))]
    return { method, groups: corrected(groups.map((group) => groupSummary(group, target))) }
  })
}

type Group = { readonly by: string; readonly value: string; readonly rows: readonly Scored[] }

/** What a row has in a column: a field of its own, or one of the manifest's. */
export function groupValue(row: CaseRow, by: string): string {
  if (by === 'fieldStrength') return row.fieldStrength ? `${row.fieldStrength} T` : 'unknown'
  const isOwn = by === 'scanner' || by === 'manufacturer' || by === 'model' || by === 'group'
  return (isOwn ? row[by] : row.columns[by]) || 'unknown'
}

function split(rows: readonly Scored[], by: string): Group[] {
  const values = new Map<string, Scored[]>()
  for (const row of rows) {
    const value = groupValue(row, by)
    const own = values.get(value)
    if (own) own.push(row)
    else values.set(value, [row])
  }
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, own]) => ({ by, value, rows: own }))
}

function groupSummary({ by, value, rows }: Group, target: number): GroupSummary {
  const names = [...new Set(rows.flatMap(({ reference }) => Object.keys(reference.before)))]
  const change = (row: Scored, state: State): number => meanDice(row, state) - meanDice(row, 'before')
  const harmed = (state: State): Harm => {
    const count = rows.filter((row) => change(row, state) < -harmLimit).length
    return { count, share: count / rows.length }
  }
  const shifted = rows.filter(({ group }) => group !== 'reference')
  const lost = shifted.reduce((sum, row) => sum + target - meanDice(row, 'before'), 0)
  const recovered = (state: State): number | null =>
    lost > 0 ? (100 * shifted.reduce((sum, row) => sum + change(row, state), 0)) / lost : null
  const falls = rows
    .map((row) => ({
      case: row.case,
      change: change(row, 'kept'),
      before: meanDice(row, 'before'),
      kept: meanDice(row, 'kept'),
    }))
    .sort((a, b) => a.change - b.change || (a.case < b.case ? -1 : 1))
  const kinds = Object.keys(metrics) as Metric[]
  return {
    by,
    value,
    cases: rows.length,
    warning: rows.length < fewCases ? `Only ${rows.length} of at least ${fewCases} cases that a test needs.` : null,
    labels: [
      ...names.map((label) => ({
        label,
        bothEmpty: byState((state) => rows.filter(({ reference }) => isEmpty(reference[state][label])).length),
        metrics: kinds.map((metric) => metricSummary(rows, metric, label)),
      })),
      {
        label: 'mean of labels',
        bothEmpty: byState(
          (state) => rows.filter(({ reference }) => Object.values(reference[state]).some(isEmpty)).length,
        ),
        metrics: (['dice', 'surfaceDice'] as const).map((metric) => metricSummary(rows, metric, undefined)),
      },
    ],
    harmed: { adapted: harmed('adapted'), kept: harmed('kept') },
    worst: falls.slice(0, 5),
    recoveredPercent: { adapted: recovered('adapted'), kept: recovered('kept') },
  }
}

function isEmpty(score: LabelScore | undefined): boolean {
  return score?.empty === 'both'
}

/** Without a label: the mean over the labels. */
function valueOf(row: Scored, state: State, metric: Metric, label: string | undefined): number | null {
  if (label !== undefined) return row.reference[state][label]?.[metric] ?? null
  return mean(Object.values(row.reference[state]).map((score) => score[metric] ?? NaN))
}

function meanDice(row: Scored, state: State): number {
  return valueOf(row, state, 'dice', undefined)!
}

function metricSummary(rows: readonly Scored[], metric: Metric, label: string | undefined): MetricSummary {
  const table = rows.map((row) => byState((state) => valueOf(row, state, metric, label)))
  const complete = table.filter((row): row is Record<State, number> => states.every((state) => row[state] !== null))
  const penalised = byState((state) => mean(table.map((row, n) => row[state] ?? rows[n]!.diagonalMm ?? NaN)))
  const isDistance = metric === 'hd95' || metric === 'assd'
  const spreadOf = (state: State): Spread => spread(complete.map((row) => row[state]))
  const changeOf = (state: State): Change => change(complete.map((row) => row[state] - row.before))
  return {
    metric,
    cases: complete.length,
    undefined: byState((state) => table.filter((row) => row[state] === null).length),
    penalisedMean: isDistance ? penalised : null,
    states: complete.length ? byState(spreadOf) : null,
    changes: complete.length ? { adapted: changeOf('adapted'), kept: changeOf('kept') } : null,
  }
}

function byState<T>(value: (state: State) => T): Record<State, T> {
  return { before: value('before'), adapted: value('adapted'), kept: value('kept') }
}

function spread(values: readonly number[]): Spread {
  const sorted = new Float64Array(values).sort()
  const at = (share: number): number => quantileOfSorted(sorted, share)
  return {
    median: at(0.5),
    q1: at(0.25),
    q3: at(0.75),
    min: at(0),
    max: at(1),
    mean: mean(values),
    interval: intervalOf(values),
  }
}

function change(differences: readonly number[]): Change {
  const { p, effect } = signedRank(differences)
  const known = Number.isNaN(p) ? null : p
  return { median: median(differences), interval: intervalOf(differences), p: known, pHolm: known, effect }
}

function intervalOf(values: readonly number[]): readonly [number, number] | null {
  const interval = medianInterval(values)
  return interval ? [interval.low, interval.high] : null
}

/** Holm over all groups and labels of one metric and state: they are looked at together. */
function corrected(groups: readonly GroupSummary[]): GroupSummary[] {
  const cells = groups.flatMap((group) => group.labels.flatMap((label) => label.metrics))
  const pHolm = new Map<Change, number>()
  for (const metric of Object.keys(metrics) as Metric[])
    for (const state of changed) {
      const family = cells.flatMap((cell) => (cell.metric === metric && cell.changes ? [cell.changes[state]] : []))
      const p = holm(family.map((one) => one.p ?? NaN))
      family.forEach((one, n) => pHolm.set(one, p[n]!))
    }
  const withHolm = (one: Change): Change => ({ ...one, pHolm: one.p === null ? null : pHolm.get(one)! })
  return groups.map((group) => ({
    ...group,
    labels: group.labels.map(({ metrics: kinds, ...label }) => ({
      ...label,
      metrics: kinds.map((cell) => ({
        ...cell,
        changes: cell.changes && { adapted: withHolm(cell.changes.adapted), kept: withHolm(cell.changes.kept) },
      })),
    })),
  }))
}
