import { predictStudy } from '../predict/predict.ts'
import { predictCheckpoint } from './checkpoint.ts'
import type { EpisodeEvent, EpisodeRequest, EpisodeResult, EpisodeStep } from './episode-types.ts'
import type { SourceMeasures } from './examiner.ts'
import { chooseState } from './guard.ts'
import type { Branch } from './method.ts'
import type { OptionValues } from './options.ts'
import type { Progress } from './progress.ts'

type Run = (request: EpisodeRequest) => AsyncGenerator<EpisodeEvent, EpisodeResult, void>

/**
 * One episode of several: each branch begins from the source weights, is examined like an episode of its own, and the state that
 * is expected to have the greatest Dice among those that the branches would keep is kept, or the source. What is measured of the
 * source model is measured once. Steps are counted on from branch to branch.
 */
export async function* runBranches(
  request: EpisodeRequest,
  options: OptionValues,
  branches: readonly Branch[],
  run: Run,
): AsyncGenerator<EpisodeEvent, EpisodeResult, void> {
  const { model, study, signal, guard } = request
  const now = request.now ?? (() => performance.now())
  const started = now()
  const predicting = signal && { signal }
  const before = await predictStudy(model, study, predicting)
  yield { kind: 'before', probability: before, elapsedMs: now() - started }

  const measured: SourceMeasures = new Map()
  const results: EpisodeResult[] = []
  let [offset, isFirst] = [0, true]
  for (const [n, { title, method, options: own, extent }] of branches.entries()) {
    const onward = ({ doing, share, remainingMs }: Progress): Progress => {
      const elapsedMs = now() - started
      const whole = (n + share) / branches.length
      const left = Number.isNaN(remainingMs) ? NaN : elapsedMs * (1 / whole - 1)
      return { doing: `${title}: ${doing}`, share: whole, elapsedMs, remainingMs: left }
    }
    const { onProgress } = request
    const episode = run({
      ...request,
      ...{ method, options: own, extent, before, measured, isBranch: true },
      ...(onProgress && { onProgress: (progress: Progress) => onProgress(onward(progress)) }),
    })
    let [next, isBegun] = [await episode.next(), false]
    for (; !next.done; next = await episode.next()) {
      const event = next.value
      if (event.kind === 'before' || event.phase === 'final' || (event.phase === 'gate' && !isFirst)) continue
      isFirst = false
      const isOpening = !isBegun && event.phase !== 'gate'
      isBegun ||= isOpening
      const notes = isOpening ? [{ code: 'branch', message: `From here on: ${title}.` }, ...event.notes] : event.notes
      const progress = onward(event.progress)
      yield {
        ...event,
        step: event.step + offset,
        notes,
        progress,
        elapsedMs: progress.elapsedMs,
      } satisfies EpisodeStep
    }
    results.push(counted(next.value, offset))
    offset += next.value.steps
  }

  const chosen = results[chooseState(results.map(worth))]
  const judged = chosen ?? results[0]!
  const candidates = results.flatMap((result) => result.candidates)
  const kept = chosen && candidates.find(({ step }) => step === chosen.kept)
  const last = candidates.at(-1)
  const predict = async (of: typeof last): Promise<typeof before> =>
    of ? predictCheckpoint(model, study, of.checkpoint, predicting) : before
  const mask = await predict(kept)
  const after = last === kept ? mask : await predict(last)
  const verdict = {
    ...judged.guard,
    reasons: [...whichBranch(branches, results, chosen, guard), ...judged.guard.reasons],
  }
  const elapsedMs = now() - started
  const progress = { doing: 'final prediction', share: 1, elapsedMs, remainingMs: 0 }
  yield { kind: 'step', step: offset, phase: 'final', scores: verdict.scores, notes: [], elapsedMs, progress }
  const notes = results.flatMap((result) => result.notes)
  const outcome = { options, before, after, mask, candidates, guard: verdict, notes, steps: offset, elapsedMs }
  return { ...outcome, kept: chosen?.kept ?? 'source', checkpoint: kept?.checkpoint, siblings: [] }
}

/** A branch's steps as those of the whole. */
function counted(result: EpisodeResult, offset: number): EpisodeResult {
  const kept = result.kept === 'source' ? result.kept : result.kept + offset
  const candidates = result.candidates.map((candidate) => ({ ...candidate, step: candidate.step + offset }))
  return { ...result, kept, candidates, guard: { ...result.guard, kept } }
}

/** A branch that would keep the source is passed over; without a guard the last one stands. */
function worth({ kept, guard }: EpisodeResult, n: number): { harmful: boolean; merit: number } {
  return { harmful: kept === 'source', merit: guard.expectedDice?.kept ?? n }
}

function whichBranch(
  branches: readonly Branch[],
  results: readonly EpisodeResult[],
  chosen: EpisodeResult | undefined,
  guard: boolean,
): string[] {
  if (!guard || results.every(({ candidates }) => candidates.length === 0)) return []
  const told = results.map(({ candidates, guard: { expectedDice, kept } }, n) => {
    const is = kept === 'source' || !expectedDice ? 'not kept' : expectedDice.kept.toFixed(3)
    return `${branches[n]!.title} ${candidates.length ? is : 'not needed'}`
  })
  const best = chosen ? branches[results.indexOf(chosen)]!.title : 'the source model'
  return [`Of the ways tried, ${best} is expected to give the best mask (expected Dice: ${told.join(', ')}).`]
}
