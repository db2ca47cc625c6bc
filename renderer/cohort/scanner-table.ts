/** The table by scanner: one line a group of cases, for one label and state. */
import type { CohortGroup } from '../../main/contract/cohort-schemas.ts'
import type { After } from './results.ts'

export type ScannerLine = {
  readonly name: string
  readonly isAll: boolean
  readonly cases: number
  readonly warning: string | null
  /** Medians of Dice. */
  readonly before: number | null
  readonly after: number | null
  readonly quartiles: readonly [number, number] | null
  readonly change: number | null
  readonly interval: readonly [number, number] | null
  readonly p: number | null
  readonly effect: number | null
  readonly harmed: { readonly count: number; readonly share: number }
  readonly recovered: number | null
  /** Median of the 95th percentile of the distances, mm; null for the mean of labels. */
  readonly hd95: { readonly before: number; readonly after: number } | null
}

/** What cases can be put together by, without 'all'; scanners first. */
export function groupingsOf(groups: readonly CohortGroup[]): readonly string[] {
  const names = [...new Set(groups.map(({ by }) => by))].filter((by) => by !== 'all')
  return names.toSorted((a, b) => Number(b === 'scanner') - Number(a === 'scanner'))
}

export function groupingTitle(by: string): string {
  const titles: Readonly<Record<string, string>> = {
    scanner: 'Scanner',
    manufacturer: 'Maker',
    model: 'Scanner model',
    fieldStrength: 'Field strength',
    group: 'Group',
  }
  return titles[by] ?? by
}

/** All cases first, then group by group. */
export function scannerLines(groups: readonly CohortGroup[], by: string, label: string, after: After): ScannerLine[] {
  return groups
    .filter((group) => group.by === 'all' || group.by === by)
    .map((group) => {
      const metrics = group.labels.find((one) => one.label === label)?.metrics
      const of = (name: string) => metrics?.find(({ metric }) => metric === name)
      const [dice, hd95] = [of('dice'), of('hd95')]
      const change = dice?.changes?.[after]
      return {
        name: group.by === 'all' ? 'All cases' : group.value,
        isAll: group.by === 'all',
        cases: group.cases,
        warning: group.warning,
        before: dice?.states?.before.median ?? null,
        after: dice?.states?.[after].median ?? null,
        quartiles: dice?.states ? [dice.states[after].q1, dice.states[after].q3] : null,
        change: change?.median ?? null,
        interval: change?.interval ?? null,
        p: change?.pHolm ?? null,
        effect: change?.effect ?? null,
        harmed: group.harmed[after],
        recovered: group.recoveredPercent[after],
        hd95: hd95?.states ? { before: hd95.states.before.median, after: hd95.states[after].median } : null,
      }
    })
}
