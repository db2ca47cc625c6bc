/** The steps of a run as points that can be looked at, kept or gone back to. */
import type { JournalLine, Kept, RunDetail } from '../../main/contract/schemas.ts'
import { stepsOf } from '../adapt/curves.ts'

export type StepPoint = {
  /** 'source' is the model as shipped: the mask before. */
  readonly at: Kept
  readonly phase: string
  readonly loss: number | null
  readonly scores: JournalLine['scores']
  readonly elapsedMs: number
  readonly notes: readonly string[]
  /** There at once, to be predicted anew, or not at all: nothing of the step was stored. */
  readonly mask: 'there' | 'on-demand' | 'none'
  readonly isKept: boolean
  readonly isGuardChoice: boolean
}

type Stepped = Pick<RunDetail, 'journal' | 'masks' | 'kept' | 'guardChoice'>

/** The source, then every step of the journal. The gate changed nothing: it is no point of its own. */
export function timeline({ journal, masks, kept, guardChoice }: Stepped): readonly StepPoint[] {
  const marks = (at: Kept): Pick<StepPoint, 'isKept' | 'isGuardChoice'> => ({
    isKept: kept === at,
    isGuardChoice: guardChoice?.kept === at,
  })
  const gate = journal.find(({ phase }) => phase === 'gate')
  const source: StepPoint = {
    at: 'source',
    phase: 'source',
    loss: null,
    scores: gate?.scores ?? {},
    elapsedMs: gate?.elapsedMs ?? 0,
    notes: gate?.notes ?? [],
    mask: 'there',
    ...marks('source'),
  }
  const steps = stepsOf(journal)
    .filter(({ phase }) => phase !== 'gate')
    .map(({ step, phase, loss, scores, elapsedMs, notes, isStored }): StepPoint => ({
      at: step,
      phase,
      loss: loss['total'] ?? null,
      scores,
      elapsedMs,
      notes,
      mask: masks.includes(step) ? 'there' : isStored ? 'on-demand' : 'none',
      ...marks(step),
    }))
  return [source, ...steps]
}

/** The neighbour whose mask can be had; the same where there is none on that side. */
export function neighbour(points: readonly StepPoint[], at: Kept, direction: 1 | -1): Kept {
  const usable = points.filter(({ mask }) => mask !== 'none')
  const index = usable.findIndex((point) => point.at === at)
  return usable[index + direction]?.at ?? at
}

/** Whether keeping this goes against what the guard chose: it is put on record then. */
export function overrules(guardChoice: RunDetail['guardChoice'], to: Kept): boolean {
  return guardChoice !== null && guardChoice.verdict !== 'off' && guardChoice.kept !== to
}
