/** Lines of a journal as curves over the steps. */
import type { JournalLine } from '../../main/contract/schemas.ts'
import { optionTitle } from './options.ts'
import { scoreText } from './scores.ts'
import type { ScoreText } from './scores.ts'

/** `values[n]` belongs to `steps[n]`; null where a step has no such number: the curve has a gap there. */
export type Curve = { readonly name: string; readonly values: readonly (number | null)[] }

export type CurveSet = {
  readonly title: string
  readonly meaning: string
  readonly steps: readonly number[]
  readonly curves: readonly Curve[]
  readonly limits: ScoreText['limits']
}

/** The last line repeats the scores of a step that has its own line. */
export function stepsOf(journal: readonly JournalLine[]): readonly JournalLine[] {
  return journal.filter(({ phase }) => phase !== 'final').toSorted((a, b) => a.step - b.step)
}

/** What was minimised first, then its terms; undefined before the first update. */
export function lossCurves(journal: readonly JournalLine[]): CurveSet | undefined {
  const lines = stepsOf(journal).filter(({ loss }) => Object.keys(loss).length > 0)
  const names = [...new Set(lines.flatMap(({ loss }) => Object.keys(loss)))]
  if (names.length === 0) return undefined
  const terms = names.filter((name) => name !== 'total')
  // A single term is the total under another name.
  const shown = names.includes('total') ? ['total', ...(terms.length > 1 ? terms : [])] : names
  return {
    title: 'Loss',
    meaning: 'What the training makes smaller. It may fall while the mask gets worse: the scores judge that.',
    steps: lines.map(({ step }) => step),
    curves: shown.map((name) => ({
      name: optionTitle(name),
      values: lines.map(({ loss }) => known(loss[name])),
    })),
    limits: [],
  }
}

/** One set for a measure, one curve a label in it, in the order in which they came up. Scores are rare: gate and settled states. */
export function scoreCurves(journal: readonly JournalLine[]): readonly CurveSet[] {
  const lines = stepsOf(journal).filter(({ scores }) => Object.keys(scores).length > 0)
  const keys = [...new Set(lines.flatMap(({ scores }) => Object.keys(scores)))]
  const groups = Map.groupBy(keys, (key) => scoreText(key).measure)
  return [...groups.values()].map((group) => {
    const { name, meaning, limits } = scoreText(group[0]!)
    const own = lines.filter(({ scores }) => group.some((key) => key in scores))
    return {
      title: name,
      meaning,
      steps: own.map(({ step }) => step),
      curves: group.map((key) => ({
        name: scoreText(key).label || name,
        values: own.map(({ scores }) => known(scores[key])),
      })),
      limits,
    }
  })
}

/** A span of steps of one phase, for a band behind the curves. */
export type Phase = { readonly phase: string; readonly from: number; readonly to: number }

export function phasesOf(journal: readonly JournalLine[]): readonly Phase[] {
  const phases: Phase[] = []
  for (const { phase, step } of stepsOf(journal)) {
    const last = phases.at(-1)
    if (last?.phase === phase) phases[phases.length - 1] = { ...last, to: step }
    else phases.push({ phase, from: step, to: step })
  }
  return phases
}

export function phaseTitle(phase: string): string {
  const titles: Readonly<Record<string, string>> = {
    gate: 'Look at the scan',
    input: 'Correct the scan',
    train: 'Train',
    final: 'Result',
  }
  return titles[phase] ?? optionTitle(phase)
}

/** First, last and extreme of every curve: what a reader of the picture sees, in words. */
export function curveSummary({ title, steps, curves }: CurveSet, digits: (value: number) => string): string {
  const told = curves.flatMap(({ name, values }) => {
    const points = values.flatMap((value, n) => (value === null ? [] : [{ value, step: steps[n]! }]))
    const [first, last] = [points[0], points.at(-1)]
    if (!first || !last) return []
    if (first === last) return [`${name}: ${digits(first.value)} at step ${first.step}`]
    return [`${name}: ${digits(first.value)} at step ${first.step}, ${digits(last.value)} at step ${last.step}`]
  })
  return `${title}. ${told.join('; ')}.`
}

function known(value: number | null | undefined): number | null {
  return value === undefined || value === null || !Number.isFinite(value) ? null : value
}
