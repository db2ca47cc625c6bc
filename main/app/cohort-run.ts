/** A cohort at work: its forecast, and its evaluation on the machine that the windows' own runs use. */
import type { CohortForecast } from '../contract/cohort-schemas.ts'
import { UserError } from '../errors.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import type { CohortStore, StoredCohort } from './cohort-files.ts'
import { manifestOf } from './cohort-edit.ts'
import type { Model } from '../model/model.ts'
import type { Evaluating } from './evaluate.ts'
import type { Work } from './progress.ts'
import type { Shared } from './shared.ts'

const words = {
  name: 'This cohort',
  remedy:
    'The model, the engine or Scanbridge itself is another than when it began. Copy the cohort, and run the copy.',
}

function evaluating(cohorts: CohortStore, { id, setup }: StoredCohort): Evaluating {
  const { methods, guard, toleranceMm, seed, keepsRuns } = setup
  const [manifest, out] = [cohorts.manifest(id), cohorts.evaluation(id)]
  return { manifest, out, words, methods, guard, toleranceMm, seed, keepRuns: keepsRuns }
}

/** A method that the model cannot be used with would make each of its cases a failed row. */
async function refuseObstacles({ setup }: StoredCohort, model: Model): Promise<void> {
  const { findMethod, parseMethods } = await import('./methods.ts')
  for (const { name, parameters } of parseMethods(setup.methods)) {
    const method = findMethod(name)
    const reason = method.obstacle?.(model, parameters)
    if (reason)
      throw new UserError('method-not-applicable', {
        ...{ method: method.title, model: model.card.name, reason },
        remedy: 'Leave this method out.',
      })
  }
}

/** Undefined where none of its first scans can be read. */
export async function foretell(
  { cohorts, room }: Shared,
  cohort: StoredCohort,
  work: Work,
): Promise<CohortForecast | undefined> {
  work.onProgress('starting', 0)
  const { release, ...machine } = await (await room()).borrow(cohort.setup.model)
  try {
    const { forecastOn } = await import('./evaluate.ts')
    work.signal.throwIfAborted()
    await refuseObstacles(cohort, machine.model)
    work.onProgress('timing the model on the first scan', NaN)
    cohorts.writeManifest(cohort.id, manifestOf(cohort.rows))
    const done = await cohorts.caseRows(cohort.id)
    const foretold = await forecastOn(evaluating(cohorts, cohort), done, machine, work)
    return foretold && { ...foretold, bytes: Math.round(foretold.bytes), freeBytes: await cohorts.freeBytes() }
  } finally {
    release()
  }
}

/** Goes on where it was; `foretold`, or else a forecast made now, tells the time left until the first case is done. */
export async function runCohort(
  { cohorts, room }: Shared,
  cohort: StoredCohort,
  foretold: CohortForecast | null,
  work: Work,
  onRow: (row: CaseRow) => void,
): Promise<void> {
  work.onProgress('starting', 0)
  const { release, ...machine } = await (await room()).borrow(cohort.setup.model)
  try {
    const { evaluateOn } = await import('./evaluate.ts')
    work.signal.throwIfAborted()
    await refuseObstacles(cohort, machine.model)
    // What was begun has its manifest: the rows have not changed since.
    if (!cohorts.isBegun(cohort.id)) cohorts.writeManifest(cohort.id, manifestOf(cohort.rows))
    const began = performance.now()
    let seconds = foretold?.seconds
    const guess = (): number | undefined =>
      seconds === undefined ? undefined : Math.max(0, 1000 * seconds - (performance.now() - began))
    const onForecast = (forecast: { seconds: number }): void => void (seconds = forecast.seconds)
    const onProgress: Work['onProgress'] = (stage, share, remainingMs) =>
      work.onProgress(stage, share, remainingMs ?? guess())
    const request = { ...evaluating(cohorts, cohort), onRow, ...(!foretold && { onForecast }) }
    await evaluateOn(request, machine, { signal: work.signal, onProgress })
  } finally {
    release()
  }
}
