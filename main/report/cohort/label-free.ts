import type { CaseRow } from '../../evaluate/case-row.ts'
import { median, quantile } from '../../evaluate/statistics.ts'
import { isTold, scoreNames } from '../scores.ts'

export type Quartiles = {
  readonly cases: number
  readonly median: number
  readonly q1: number
  readonly q3: number
}

/** What can be said of cases that have no reference: nothing here measures accuracy. */
export type LabelFree = {
  readonly method: string
  readonly cases: number
  readonly verdicts: Readonly<Record<string, number>>
  readonly scores: (Quartiles & { readonly key: string; readonly name: string; readonly meaning: string })[]
  /** Change of the kept mask's volume, percent of the volume before, cases in which there was any. */
  readonly volumes: (Quartiles & { readonly label: string })[]
}

/** undefined where the method has no finished case without a reference. */
export function labelFree(rows: readonly CaseRow[], method: string): LabelFree | undefined {
  const own = rows.filter((row) => row.method === method && row.state === 'done' && row.reference === null)
  if (own.length === 0) return undefined
  const verdicts: Record<string, number> = {}
  for (const { verdict } of own) if (verdict) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1
  const keys = [...new Set(own.flatMap((row) => Object.keys(row.labelFree)))].filter(isTold)
  const labels = [...new Set(own.flatMap((row) => Object.keys(row.volumes)))]
  return {
    method,
    cases: own.length,
    verdicts,
    scores: keys.flatMap((key) => {
      const known = quartiles(own.flatMap((row) => row.labelFree[key] ?? []))
      return known ? { key, ...scoreNames(key), ...known } : []
    }),
    volumes: labels.flatMap((label) => {
      const volumes = own.flatMap((row) => row.volumes[label] ?? [])
      const known = quartiles(
        volumes.flatMap(({ before, kept }) => (before > 0 ? (100 * (kept - before)) / before : [])),
      )
      return known ? { label, ...known } : []
    }),
  }
}

function quartiles(values: readonly number[]): Quartiles | undefined {
  if (values.length === 0) return undefined
  return { cases: values.length, median: median(values), q1: quantile(values, 0.25), q3: quantile(values, 0.75) }
}
