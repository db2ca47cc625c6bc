import type { CaseTiming } from '../main/app/evaluation-files.ts'
import type { CaseRow, State } from '../main/evaluate/case-row.ts'
import { mean, median } from '../main/evaluate/statistics.ts'

export type BakeoffCase = { readonly row: CaseRow; readonly seed: number; readonly timing: CaseTiming | undefined }

type Side = {
  /** 100 * sum(state - before) / sum(in-domain - before) over the shifted cases; null without a loss. */
  readonly recoveredPercent: number | null
  /** Cases whose mean Dice falls by more than 0.01. */
  readonly harmed: number
  readonly harmedShare: number
  /** The largest fall of the mean Dice; 0 where nothing falls. */
  readonly worst: number
  /** Mean over cases and labels, mm; undefined distances are left out. */
  readonly hd95: number
  readonly dice: number
}

export type MethodScore = {
  readonly method: string
  readonly cases: number
  readonly failed: number
  readonly before: { readonly dice: number; readonly inDomainDice: number; readonly hd95: number }
  readonly withoutGuard: Side
  readonly withGuard: Side
  /** Median over cases. */
  readonly seconds: number
  /** The largest resident size, MB. */
  readonly residentMb: number
  /** Both relative to the method `source`, which only predicts; null where it was not run. */
  readonly relative: { readonly time: number; readonly memory: number } | null
}

const harmLimit = 0.01

/** methods.md section 5: recovered share pooled over cases, in-domain being the same subject on the source scanner. */
export function scoreMethods(cases: readonly BakeoffCase[]): MethodScore[] {
  const names = [...new Set(cases.map(({ row }) => row.method))]
  const scores = names.map((method) =>
    score(
      method,
      cases.filter(({ row }) => row.method === method),
    ),
  )
  const forward = scores.find(({ method }) => method === 'source')
  return scores
    .map((one) => ({ ...one, relative: forward ? relativeTo(forward, one) : null }))
    .sort((a, b) => (b.withGuard.recoveredPercent ?? 0) - (a.withGuard.recoveredPercent ?? 0))
}

function relativeTo(forward: Measured, { seconds, residentMb }: Measured): MethodScore['relative'] {
  return { time: seconds / forward.seconds, memory: residentMb / forward.residentMb }
}

type Measured = Omit<MethodScore, 'relative'>

function score(method: string, all: readonly BakeoffCase[]): Measured {
  const done = all.filter(({ row }) => row.reference)
  const isInDomain = ({ row }: BakeoffCase): boolean => row.group === 'reference'
  const target = (one: BakeoffCase): number =>
    mean(
      done
        .filter((other) => isInDomain(other) && other.row.columns['subject'] === one.row.columns['subject'])
        .map((other) => dice(other, 'before')),
    )
  const shifted = done.filter((one) => !isInDomain(one))
  const lost = shifted.reduce((sum, one) => sum + target(one) - dice(one, 'before'), 0)
  const side = (state: State): Side => {
    const changes = done.map((one) => dice(one, state) - dice(one, 'before'))
    const gained = shifted.reduce((sum, one) => sum + dice(one, state) - dice(one, 'before'), 0)
    const harmed = changes.filter((change) => change < -harmLimit).length
    return {
      recoveredPercent: lost > 0 ? (100 * gained) / lost : null,
      harmed,
      harmedShare: harmed / done.length,
      worst: Math.min(0, ...changes),
      hd95: mean(shifted.flatMap((one) => distances(one, state))),
      dice: mean(shifted.map((one) => dice(one, state))),
    }
  }
  return {
    method,
    cases: done.length,
    failed: all.length - done.length,
    before: {
      dice: mean(shifted.map((one) => dice(one, 'before'))),
      inDomainDice: mean(done.filter(isInDomain).map((one) => dice(one, 'before'))),
      hd95: mean(shifted.flatMap((one) => distances(one, 'before'))),
    },
    withoutGuard: side('adapted'),
    withGuard: side('kept'),
    seconds: median(all.flatMap(({ timing }) => (timing ? [timing.episodeMs / 1000] : []))),
    residentMb: Math.max(...all.map(({ timing }) => timing?.residentMb ?? 0)),
  }
}

function dice({ row }: BakeoffCase, state: State): number {
  return mean(Object.values(row.reference![state]).map((one) => one.dice))
}

function distances({ row }: BakeoffCase, state: State): number[] {
  return Object.values(row.reference![state]).flatMap(({ hd95 }) => (hd95 === null ? [] : [hd95]))
}

/** For the README: one row a method, the best first. */
export function bakeoffTable({ model, methods }: { model: string; methods: readonly MethodScore[] }): string {
  const percent = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} %`)
  const side = ({ recoveredPercent, harmed, worst, hd95 }: Side, cases: number): string[] => [
    percent(recoveredPercent),
    `${harmed} of ${cases}`,
    worst.toFixed(3),
    hd95.toFixed(1),
  ]
  const rows = methods.map(({ method, cases, withoutGuard, withGuard, seconds, residentMb, relative }) => [
    `\`${method}\``,
    ...side(withoutGuard, cases),
    ...side(withGuard, cases).slice(0, 3),
    `${seconds.toFixed(0)} s${relative ? ` (${relative.time.toFixed(1)} x)` : ''}`,
    `${residentMb} MB${relative ? ` (${relative.memory.toFixed(1)} x)` : ''}`,
  ])
  const head = [
    ...['method', 'lost Dice recovered', 'harmed', 'worst', 'HD95 mm'],
    ...['with guard: recovered', 'harmed', 'worst', 'time', 'memory'],
  ]
  const first = methods[0]
  const source = first
    ? `Source model: Dice ${first.before.inDomainDice.toFixed(3)} in domain, ${first.before.dice.toFixed(3)} shifted, HD95 ${first.before.hd95.toFixed(1)} mm.`
    : ''
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return [`### ${model}`, '', source, '', ...lines, ''].join('\n')
}
