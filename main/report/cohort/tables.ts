import { metrics } from '../../evaluate/summary.ts'
import type { Change, GroupSummary, Metric, MetricSummary, MethodSummary, Spread } from '../../evaluate/summary.ts'
import { change, none, number } from '../format.ts'
import type { Table } from '../sections.ts'
import type { CohortReport } from './cohort-report.ts'
import { columnName } from './groupings.ts'
import { meanDice, scoredRows } from './scored.ts'
import type { CaseRow } from '../../evaluate/case-row.ts'

/** A table with the share of the width that each column takes on paper. */
export type SizedTable = Table & { readonly shares: readonly number[] }

const overall = 'mean of labels'

export function digitsOf(metric: Metric): number {
  return metric === 'dice' || metric === 'surfaceDice' ? 3 : metric === 'differenceMl' ? 1 : 2
}

/** "0.812 [0.790, 0.840]": median and quartiles. */
function quartiles(spread: Spread | undefined, digits: number): string {
  if (!spread) return none
  return `${number(spread.median, digits)} [${number(spread.q1, digits)}, ${number(spread.q3, digits)}]`
}

/** "+0.051 [+0.043, +0.060]": median and interval. */
function changed(one: Change | undefined, digits: number): string {
  if (!one) return none
  const [low, high] = one.interval ?? []
  const known =
    low === undefined || high === undefined ? '' : ` [${change(low, digits, '')}, ${change(high, digits, '')}]`
  return `${change(one.median, digits, '')}${known}`
}

/** Two digits, never 0. */
export function pValue(p: number | null | undefined): string {
  if (p === null || p === undefined) return none
  if (p < 0.0001) return '<0.0001'
  return p < 0.1 ? Number(p.toPrecision(2)).toString() : p.toFixed(2)
}

function share({ count, share: part }: { count: number; share: number }): string {
  return `${count} (${number(100 * part, 0)} %)`
}

function percent(value: number | null): string {
  return value === null ? none : `${number(value, 0)} %`
}

function cellOf(group: GroupSummary, label: string, metric: Metric): MetricSummary | undefined {
  return group.labels.find((one) => one.label === label)?.metrics.find((one) => one.metric === metric)
}

export function meanDiceOf(group: GroupSummary): MetricSummary | undefined {
  return cellOf(group, overall, 'dice')
}

function numbersFrom(first: number, header: readonly string[]): number[] {
  return header.map((_, n) => n).slice(first)
}

/** The source model, every method as it was kept and as its last step left it, and the in-domain group. */
export function methodTable({ methods, evaluation }: CohortReport): SizedTable {
  const header = [
    'Method',
    'Cases',
    'Dice, median [quartiles]',
    'Change, median [95 % interval]',
    'p',
    'p, Holm',
    'Effect',
    'Recovered',
    'Harmed',
  ]
  const first = methods[0]?.groups[0]
  const before = first && meanDiceOf(first)?.states?.before
  const blank = [none, none, none, none, none, none]
  const inDomain = methods[0]?.groups.find(({ by, value }) => by === 'group' && value === 'reference')
  const rows = methods.flatMap(({ method, groups: [whole] }) => {
    const cell = meanDiceOf(whole!)
    const states = evaluation.guard ? (['adapted', 'kept'] as const) : (['kept'] as const)
    return states.map((state) => {
      const one = cell?.changes?.[state]
      const name = evaluation.guard ? `${method}, ${state === 'kept' ? 'kept' : 'last step'}` : method
      return [
        name,
        String(whole!.cases),
        quartiles(cell?.states?.[state], 3),
        changed(one, 3),
        pValue(one?.p),
        pValue(one?.pHolm),
        one ? number(one.effect, 2) : none,
        percent(whole!.recoveredPercent[state]),
        share(whole!.harmed[state]),
      ]
    })
  })
  return {
    header,
    rows: [
      ...(first ? [['source model', String(first.cases), quartiles(before, 3), ...blank]] : []),
      ...rows,
      ...(inDomain
        ? [
            [
              'source model, in domain',
              String(inDomain.cases),
              quartiles(meanDiceOf(inDomain)?.states?.before, 3),
              ...blank,
            ],
          ]
        : []),
    ],
    numbers: numbersFrom(1, header),
    shares: [2, 0.65, 2, 2.2, 0.85, 0.85, 0.7, 1, 1],
  }
}

/** Groupings that split the cases, or at least name something: one group called unknown tells nothing. */
export function shownGroupings({ groupings, methods }: CohortReport): { by: string; isSplit: boolean }[] {
  const groups = methods[0]?.groups ?? []
  return groupings.flatMap((by) => {
    const own = groups.filter((group) => group.by === by)
    return own.length > 1 || (own.length === 1 && own[0]!.value !== 'unknown') ? { by, isSplit: own.length > 1 } : []
  })
}

/** Mean Dice of the labels in each group, methods below each other. */
export function groupTable({ methods }: CohortReport, by: string): SizedTable {
  const header = [
    `${columnName(by)[0]!.toUpperCase()}${columnName(by).slice(1)}`,
    'Method',
    'Cases',
    'Before, median [quartiles]',
    'Kept, median [quartiles]',
    'Change, median [95 % interval]',
    'p, Holm',
    'Effect',
    'Recovered',
    'Harmed',
  ]
  const values = methods[0]?.groups.filter((group) => group.by === by).map(({ value }) => value) ?? []
  const rows = values.flatMap((value) =>
    methods.flatMap(({ method, groups }, n) => {
      const group = groups.find((one) => one.by === by && one.value === value)
      if (!group) return []
      const cell = meanDiceOf(group)
      const one = cell?.changes?.kept
      return [
        [
          n === 0 ? groupName(by, value) : '',
          method,
          String(group.cases),
          quartiles(cell?.states?.before, 3),
          quartiles(cell?.states?.kept, 3),
          changed(one, 3),
          pValue(one?.pHolm),
          one ? number(one.effect, 2) : none,
          percent(group.recoveredPercent.kept),
          share(group.harmed.kept),
        ],
      ]
    }),
  )
  return {
    header,
    rows,
    numbers: numbersFrom(2, header),
    shares: [1.35, 1.1, 0.62, 1.85, 1.85, 2.05, 0.78, 0.6, 0.9, 0.85],
  }
}

function groupName(by: string, value: string): string {
  if (by !== 'group') return value
  return value === 'reference' ? 'in domain' : value === 'unknown' ? 'other cases' : value
}

/** Every label and metric over all cases. */
export function labelTable({ groups: [whole] }: MethodSummary): SizedTable {
  const header = [
    'Label',
    'Metric',
    'Cases',
    'Before, median [quartiles]',
    'Kept, median [quartiles]',
    'Change, median [95 % interval]',
    'p, Holm',
    'Effect',
  ]
  const rows = (whole?.labels ?? []).flatMap(({ label, metrics: kinds }) =>
    kinds.map((cell, n) => {
      const digits = digitsOf(cell.metric)
      const { title, unit } = metrics[cell.metric]
      return [
        n === 0 ? label : '',
        unit ? `${title}, ${unit}` : title,
        String(cell.cases),
        quartiles(cell.states?.before, digits),
        quartiles(cell.states?.kept, digits),
        changed(cell.changes?.kept, digits),
        pValue(cell.changes?.kept.pHolm),
        cell.changes ? number(cell.changes.kept.effect, 2) : none,
      ]
    }),
  )
  return { header, rows, numbers: numbersFrom(2, header), shares: [1.3, 1.65, 0.62, 1.7, 1.7, 1.9, 0.78, 0.65] }
}

/** Labels of which a mask is empty: what is undefined, with the mean that lets it count, and what is perfect; undefined where none is. */
export function emptyTable(methods: readonly MethodSummary[]): SizedTable | undefined {
  const header = [
    'Method',
    'Label',
    'One empty, before',
    'One empty, kept',
    'Both empty, before',
    'Both empty, kept',
    'HD95 before, penalised mean, mm',
    'HD95 kept, penalised mean, mm',
  ]
  const rows = methods.flatMap(({ method, groups: [whole] }) =>
    (whole?.labels ?? []).flatMap(({ label, bothEmpty }) => {
      const cell = cellOf(whole!, label, 'hd95')
      if (!cell || (countOf(cell.undefined) === 0 && countOf(bothEmpty) === 0)) return []
      const mean = cell.penalisedMean
      return [
        [
          method,
          label,
          String(cell.undefined.before),
          String(cell.undefined.kept),
          String(bothEmpty.before),
          String(bothEmpty.kept),
          number(mean?.before ?? null, 1),
          number(mean?.kept ?? null, 1),
        ],
      ]
    }),
  )
  return rows.length
    ? { header, rows, numbers: numbersFrom(2, header), shares: [1, 1.4, 1, 1, 1, 1, 1.5, 1.5] }
    : undefined
}

function countOf(counts: MetricSummary['undefined']): number {
  return counts.before + counts.adapted + counts.kept
}

/** Medians before and kept of all metrics, for every scanner, label and method. */
export function scannerTable({ methods }: CohortReport): SizedTable {
  const kinds: readonly Metric[] = ['dice', 'surfaceDice', 'hd95', 'assd', 'differenceMl']
  const header = [
    'Scanner',
    'Label',
    'Method',
    ...kinds.map((kind) => `${metrics[kind].title}${metrics[kind].unit ? `, ${metrics[kind].unit}` : ''}`),
  ]
  const scanners = methods[0]?.groups.filter(({ by }) => by === 'scanner') ?? []
  const rows = scanners.flatMap(({ value, labels }) =>
    labels
      .filter(({ label }) => label !== overall)
      .flatMap(({ label }, l) =>
        methods.flatMap(({ method, groups }, m) => {
          const group = groups.find((one) => one.by === 'scanner' && one.value === value)
          if (!group) return []
          const cells = kinds.map((kind) => {
            const states = cellOf(group, label, kind)?.states
            if (!states) return none
            return `${number(states.before.median, digitsOf(kind))} / ${number(states.kept.median, digitsOf(kind))}`
          })
          return [[l === 0 && m === 0 ? value : '', m === 0 ? label : '', method, ...cells]]
        }),
      ),
  )
  return { header, rows, numbers: numbersFrom(3, header), shares: [1.5, 1.1, 1, 1.3, 1.3, 1.2, 1.2, 1.4] }
}

export function guardTable({ guard }: CohortReport): SizedTable {
  const header = [
    'Method',
    'Accepted',
    'Not needed',
    'Rolled back',
    'Off',
    'Last step harms',
    'of which averted',
    'Last step helps',
    'of which kept',
  ]
  const rows = guard.map(({ method, verdicts, harmful, helpful }) => [
    method,
    ...['accepted', 'not-needed', 'rolled-back', 'off'].map((verdict) => String(verdicts[verdict] ?? 0)),
    String(harmful.cases),
    String(harmful.averted),
    String(helpful.cases),
    String(helpful.kept),
  ])
  return { header, rows, numbers: numbersFrom(1, header), shares: [1.4, 1, 1, 1, 0.7, 1.1, 1.1, 1.1, 1] }
}

export function volumeTable({ volumeAgreement }: CohortReport): SizedTable {
  const header = ['Method', 'Label', 'Mask', 'Cases', 'Bias, ml', 'Standard deviation, ml', 'Limits of agreement, ml']
  const rows = volumeAgreement.map(({ method, label, state, cases, bias, sd, low, high }, n) => [
    method === volumeAgreement[n - 1]?.method ? '' : method,
    state === 'before' ? label : '',
    state,
    String(cases),
    change(bias, 1, ''),
    number(sd, 1),
    `${number(low, 1)} to ${number(high, 1)}`,
  ])
  return { header, rows, numbers: numbersFrom(3, header), shares: [1.3, 1.3, 0.8, 0.6, 0.9, 1.2, 1.6] }
}

export function worstTable({ methods }: CohortReport, rows: readonly CaseRow[]): SizedTable {
  const header = ['Method', 'Case', 'Scanner', 'Dice before', 'Dice kept', 'Change', 'Verdict']
  const lines = methods.flatMap(({ method, groups: [whole] }) =>
    (whole?.worst ?? []).map(({ case: name, change: fall, before, kept }, n) => {
      const row = rows.find((one) => one.case === name && one.method === method)
      return [
        n === 0 ? method : '',
        name,
        row?.scanner ?? none,
        number(before, 3),
        number(kept, 3),
        change(fall, 3, ''),
        row?.verdict ?? none,
      ]
    }),
  )
  return { header, rows: lines, numbers: [3, 4, 5], shares: [1.2, 1.2, 2, 0.9, 0.9, 0.8, 1] }
}

/** Rows of the last table; beyond, cases.csv has them all. */
export const mostCases = 200

export function caseTable(rows: readonly CaseRow[]): SizedTable {
  const header = ['Case', 'Scanner', 'Method', 'Verdict', 'Before', 'Last step', 'Kept', 'Change kept']
  const lines = scoredRows(rows)
    .slice(0, mostCases)
    .map((row) => {
      const [before, adapted, kept] = [meanDice(row, 'before'), meanDice(row, 'adapted'), meanDice(row, 'kept')]
      const dice = [before, adapted, kept].map((value) => number(value, 3))
      return [row.case, row.scanner, row.method, row.verdict ?? none, ...dice, change(kept - before, 3, '')]
    })
  return { header, rows: lines, numbers: [4, 5, 6, 7], shares: [1.2, 2, 1.2, 1, 0.8, 0.8, 0.8, 0.9] }
}

export function failureTable({ failures }: CohortReport): SizedTable {
  return {
    header: ['Case', 'Method', 'Kind', 'What happened'],
    rows: failures.map(({ case: name, method, code, message }) => [
      name,
      method,
      code,
      message ?? 'It is told in cases.jsonl, and left out here since it may hold a path.',
    ]),
    numbers: [],
    shares: [1, 1, 1.1, 4],
  }
}

export function scoreTable(one: CohortReport['withoutReference'][number]): SizedTable {
  return {
    header: ['Score', 'Cases', 'Median [quartiles]', 'What it says'],
    rows: [
      ...one.scores.map(({ name, cases, median, q1, q3, meaning }, n) => [
        name,
        String(cases),
        `${number(median, 3)} [${number(q1, 3)}, ${number(q3, 3)}]`,
        meaning === one.scores[n - 1]?.meaning ? '' : meaning,
      ]),
      ...one.volumes.map(({ label, cases, median, q1, q3 }, n) => [
        `Volume of ${label}`,
        String(cases),
        `${change(median, 1, ' %')} [${change(q1, 1, '')}, ${change(q3, 1, '')}]`,
        n === 0 ? 'Change of the kept mask against the mask before.' : '',
      ]),
    ],
    numbers: [1, 2],
    shares: [1.5, 0.5, 1.5, 3],
  }
}
