/** What answers the calls on cohorts. */
import type { AppHandlers, Picked } from '../contract/contract.ts'
import type { CohortDetail, CohortForecast, CohortTables } from '../contract/cohort-schemas.ts'
import type { Job, VolumeRef } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { changeRows, manifestOf, referencePath, rowsMeant } from './cohort-edit.ts'
import { cohortExportItems, exportCohort } from './cohort-export-files.ts'
import type { StoredCohort, StoredRow } from './cohort-files.ts'
import { evaluationIn, locate, lookAgain, propose } from './cohort-propose-files.ts'
import type { ProposedRow } from './cohort-propose-files.ts'
import { foretell, runCohort } from './cohort-run.ts'
import { detailCohort, includedRows, resultOf, summarizeCohort } from './cohort-view.ts'
import type { CohortBeside } from './cohort-view.ts'
import { importEvaluation } from './cohort-import-files.ts'
import { readEvaluation, runName, summarisedRows } from './evaluation-files.ts'
import { cohortRunId } from './home-runs-files.ts'
import type { Work } from './progress.ts'
import type { RunHandlers, Shared } from './shared.ts'
import { selectSeries } from './study.ts'

type CohortHandlers = Pick<AppHandlers, Extract<keyof AppHandlers, `cohort.${string}`>>

/** `start` begins an ordinary run. */
export function createCohortService(shared: Shared, start: RunHandlers['start']): CohortHandlers {
  const { jobs, inputs, cohorts, emit, now } = shared
  /** Of a cohort as it is; gone with every change. */
  const forecasts = new Map<string, CohortForecast>()
  let tables: MadeTables | undefined

  const changed = (cohort: string): void => emit({ event: 'changed', payload: { what: ['cohorts'], cohort } })
  const atWork = (id: string): Job | undefined =>
    jobs.list().find(({ cohort, state }) => cohort === id && (state === 'running' || state === 'cancelling'))
  const beside = (id: string): CohortBeside => ({
    isBegun: cohorts.isBegun(id),
    counts: cohorts.counts(id),
    job: atWork(id),
  })
  const detail = (id: string): CohortDetail => detailCohort(cohorts.read(id), beside(id), forecasts.get(id) ?? null)

  /** To be changed. */
  function idle(id: string): StoredCohort {
    const cohort = cohorts.read(id)
    if (atWork(id)) throw new UserError('busy', { doing: 'This cohort' })
    return cohort
  }

  function draft(id: string): StoredCohort {
    const cohort = idle(id)
    if (!cohorts.isBegun(id)) return cohort
    const remedy = 'Copy it, and change the copy.'
    throw new UserError('usage', { problem: 'This cohort was run, and what was run stays as it is', remedy })
  }

  function keep(cohort: StoredCohort): void {
    cohorts.write(cohort)
    if (!cohorts.isBegun(cohort.id)) cohorts.writeManifest(cohort.id, manifestOf(cohort.rows))
    forecasts.delete(cohort.id)
    changed(cohort.id)
  }

  function rowAt(cohort: StoredCohort, row: number): StoredRow {
    const found = cohort.rows[row]
    if (found) return found
    throw new UserError('not-there', { what: 'This row', remedy: 'Reload the window.' })
  }

  function scanAt(cohort: StoredCohort, row: number): StoredRow & { image: string } {
    const found = rowAt(cohort, row)
    if (found.image !== null) return { ...found, image: found.image }
    throw new UserError('not-there', {
      what: `The scan of ${found.case}`,
      remedy: 'Choose the folder that it lies in.',
    })
  }

  async function open(id: string, path: string, name: string, work: Work): Promise<void> {
    const { model, method } = shared.settings()
    const common = { schema: 1 as const, id, created: now().toISOString() }
    const evaluation = evaluationIn(path)
    if (evaluation !== undefined) {
      const imported = await importEvaluation(evaluation, cohorts.evaluation(id))
      return keep({ ...common, ...imported, name, source: { of: 'evaluation', name } })
    }
    const { of, rows, notes } = await propose(path, work)
    work.signal.throwIfAborted()
    storePictures(id, rows)
    const methods = [{ name: method, options: {} }]
    keep({
      ...common,
      name: name.replace(/\.csv$/i, ''),
      source: { of, name },
      setup: { model, methods, guard: true, toleranceMm: 1, seed: 0, keepsRuns: true },
      rows: rows.map(({ row }) => row),
      notes: [...notes],
    })
  }

  function storePictures(id: string, rows: readonly ProposedRow[]): void {
    rows.forEach(({ picture }, row) => {
      if (picture) cohorts.putPicture(id, row, picture)
    })
  }

  function refuseObstacle(id: string): void {
    const { obstacle } = detail(id)
    if (obstacle === null) return
    throw new UserError('usage', { problem: obstacle.replace(/\.$/, ''), remedy: 'Change that first.' })
  }

  async function begun(id: string): Promise<Evaluation> {
    cohorts.read(id)
    if (cohorts.isBegun(id)) return readEvaluation(cohorts.evaluation(id))
    throw new UserError('not-there', { what: 'The result of this cohort', remedy: 'Run it first.' })
  }

  /** Tables and reports of a cohort that was stopped, or taken over, are made when they are asked for. */
  async function writeReports(id: string): Promise<void> {
    const [evaluation, rows] = [await begun(id), await cohorts.caseRows(id)]
    const folder = cohorts.evaluation(id)
    if ((await summarisedRows(folder)) === rows.length) return
    const { writeSummary } = await import('./evaluation-summary.ts')
    await writeSummary(folder, evaluation, rows)
  }

  /** Results and their runs' ids, of rows that are done. */
  function shownResults(cohort: StoredCohort, done: readonly CaseRow[], runs: ReadonlySet<string>) {
    const rows = includedRows(cohort)
    return done.flatMap((one) => {
      const [row, run] = [rows[one.index], runName(one.index, one.method)]
      const isKept = one.state === 'done' && runs.has(run)
      return row === undefined ? [] : [resultOf(one, row, isKept ? cohortRunId(cohort.id, run) : null)]
    })
  }

  /** The scan of a row as an open one. */
  async function openScan({ image, name, series }: StoredRow & { image: string }, work: Work): Promise<VolumeRef> {
    work.onProgress('reading', 0)
    const opening = inputs.open(image, name)
    const cancel = (): void => jobs.cancel(opening.id)
    work.signal.addEventListener('abort', cancel, { once: true })
    const { state, input } = await jobs.ended(opening.id)
    work.signal.removeEventListener('abort', cancel)
    work.signal.throwIfAborted()
    if (state !== 'done' || !input) throw new UserError('scan-closed')
    const { study } = await inputs.get(input)
    const { seriesUid, volumeIndex } = selectSeries(study, series ?? undefined)
    return { input, series: seriesUid, volume: volumeIndex }
  }

  return {
    'cohort.list': async () => {
      await Promise.resolve()
      return cohorts.list().map((cohort) => summarizeCohort(cohort, beside(cohort.id)))
    },
    async 'cohort.open'({ pick }, picked) {
      await Promise.resolve()
      const { path, name } = placeOf(pick, picked)
      const job = jobs.start({ kind: 'propose', title: `Looking at the scans of ${name}` }, async (work, handle) => {
        const id = cohorts.newId(now())
        try {
          await open(id, path, name, work)
        } catch (error) {
          await cohorts.discard(id)
          throw error
        }
        handle.setCohort(id)
      })
      return { job: job.id }
    },
    async 'cohort.locate'({ cohort: id, pick }, picked) {
      await Promise.resolve()
      const { path, name } = placeOf(pick, picked)
      const { rows } = draft(id)
      const title = `Looking for scans in ${name}`
      const job = jobs.start({ kind: 'propose', title, cohort: id }, async (work) => {
        const located = await locate(rows, path, work)
        work.signal.throwIfAborted()
        storePictures(id, located)
        keep({ ...cohorts.read(id), rows: located.map(({ row }) => row) })
      })
      changed(id)
      void jobs.ended(job.id).then(() => changed(id))
      return { job: job.id }
    },
    'cohort.read': async ({ cohort }) => {
      await Promise.resolve()
      return detail(cohort)
    },
    async 'cohort.thumbnail'({ cohort, row }) {
      const { picture } = rowAt(cohorts.read(cohort), row)
      const bytes = picture && (await cohorts.getPicture(cohort, row))
      if (picture && bytes?.length === picture.width * picture.height) return { header: picture, bytes }
      throw new UserError('not-there', { what: 'The picture of this scan', remedy: 'It has none.' })
    },
    async 'cohort.rename'({ cohort: id, name }) {
      await Promise.resolve()
      const cohort = cohorts.read(id)
      cohorts.write({ ...cohort, name })
      changed(id)
      return detail(id)
    },
    async 'cohort.edit'({ cohort: id, of, change: { series, reference, ...change } }, picked) {
      const cohort = draft(id)
      const meant = rowsMeant(cohort.rows, of)
      const isPicked = typeof reference === 'object'
      if ((series !== undefined || isPicked) && meant.length !== 1)
        throw new UserError('usage', { problem: 'This can be changed for a single scan only', remedy: 'Choose one.' })
      const mask = isPicked ? { path: placeOf(reference.pick, picked).path } : reference
      const at = meant[0] ?? 0
      const looked = series === undefined ? undefined : await lookAgain(withSeries(cohort.rows[at]!, series), quiet)
      // As it is now: looking at the scan took its time, and another window may have changed it meanwhile.
      const now = draft(id)
      const rows = changeRows(now.rows, meant, { ...change, ...(mask !== undefined && { reference: mask }) })
      if (looked) {
        const { kind, facts, choices, picture, problem, notes } = looked.row
        rows[at] = { ...rows[at]!, ...{ kind, facts, choices, picture, problem, notes }, series: looked.row.series }
        if (looked.picture) cohorts.putPicture(id, at, looked.picture)
      }
      keep({ ...now, rows })
      return detail(id)
    },
    async 'cohort.set-up'({ cohort: id, setup }) {
      const { parseMethods } = await import('./methods.ts')
      parseMethods(setup.methods)
      keep({ ...draft(id), setup })
      return detail(id)
    },
    async 'cohort.copy'({ cohort: id }) {
      const { created: _, ...cohort } = cohorts.read(id)
      if (cohort.source.of === 'evaluation')
        throw new UserError('usage', {
          problem: 'The scans of this evaluation are not known here, only its results are',
          remedy: 'Open the folder of its scans, or its manifest.',
        })
      const copy = cohorts.newId(now())
      for (const [row, { picture }] of cohort.rows.entries()) {
        const bytes = picture && (await cohorts.getPicture(id, row))
        if (bytes) cohorts.putPicture(copy, row, bytes)
      }
      const source = { of: 'copy' as const, name: cohort.name }
      keep({ ...cohort, id: copy, name: `${cohort.name} (copy)`, created: now().toISOString(), source })
      return { cohort: copy }
    },
    async 'cohort.forecast'({ cohort: id }) {
      await Promise.resolve()
      const cohort = idle(id)
      refuseObstacle(id)
      const job = jobs.start({ kind: 'forecast', title: 'Forecast', cohort: id }, async (work) => {
        const foretold = await foretell(shared, cohort, work)
        if (!foretold)
          throw new UserError('usage', {
            problem: 'None of the first scans can be read',
            remedy: 'Leave out what cannot be read, or run it all the same.',
          })
        forecasts.set(id, foretold)
      })
      void jobs.ended(job.id).then(() => changed(id))
      return { job: job.id }
    },
    async 'cohort.run'({ cohort: id }) {
      await Promise.resolve()
      const cohort = idle(id)
      refuseObstacle(id)
      const title = 'Evaluation of a cohort'
      const job = jobs.start({ kind: 'evaluate', title, cohort: id }, (work) =>
        runCohort(shared, cohort, forecasts.get(id) ?? null, work, (row) => {
          const runs = new Set(cohort.setup.keepsRuns ? [runName(row.index, row.method)] : [])
          for (const result of shownResults(cohort, [row], runs))
            emit({ event: 'cohort.result', payload: { cohort: id, result } })
        }),
      )
      changed(id)
      void jobs.ended(job.id).then(() => {
        forecasts.delete(id)
        changed(id)
      })
      return { job: job.id }
    },
    async 'cohort.results'({ cohort: id }) {
      const cohort = cohorts.read(id)
      const order = cohort.setup.methods.map(({ name }) => name)
      const done = await cohorts.caseRows(id)
      const sorted = [...done].sort((a, b) => a.index - b.index || order.indexOf(a.method) - order.indexOf(b.method))
      return shownResults(cohort, sorted, cohorts.runNames(id))
    },
    async 'cohort.tables'({ cohort: id }) {
      const evaluation = await begun(id)
      const rows = await cohorts.caseRows(id)
      if (tables?.id === id && (tables.rows === rows.length || (atWork(id) && isFresh(tables)))) return tables.made
      const { cohortTables } = await import('./cohort-tables.ts')
      const written = await cohorts.report(id)
      const began = performance.now()
      const made = cohortTables(evaluation, rows, written)
      tables = { id, rows: rows.length, made, at: performance.now(), ms: performance.now() - began }
      return made
    },
    async 'cohort.open-scan'({ cohort, row }) {
      await Promise.resolve()
      const { image, name } = scanAt(cohorts.read(cohort), row)
      return { job: inputs.open(image, name).id }
    },
    async 'cohort.run-again'({ cohort: id, row, method }) {
      await Promise.resolve()
      const cohort = cohorts.read(id)
      const scan = scanAt(cohort, row)
      const { model, guard, seed, methods } = cohort.setup
      const chosen = methods.find(({ name }) => name === method)
      if (!chosen)
        throw new UserError('usage', { problem: `The cohort has no method ${method}`, remedy: 'Choose another.' })
      const reference = referencePath(scan) ?? undefined
      const { options } = chosen
      return start({ model, method, options, seed, guard, reference, open: (work) => openScan(scan, work) })
    },
    async 'cohort.export-items'({ cohort: id }) {
      await Promise.resolve()
      cohorts.read(id)
      return cohortExportItems(cohorts.isBegun(id) ? cohorts.evaluation(id) : undefined)
    },
    async 'cohort.export'({ cohort: id, items, identity }) {
      const cohort = idle(id)
      const folder = cohorts.isBegun(id) ? cohorts.evaluation(id) : undefined
      if (folder !== undefined) await writeReports(id)
      const { name, bytes, entries } = await exportCohort(cohort, folder, items, identity)
      return { header: { name, entries: [...entries] }, bytes: bytes as Uint8Array<ArrayBuffer> }
    },
    async 'cohort.delete'({ cohort: id }) {
      idle(id)
      await cohorts.remove(id, now())
      forecasts.delete(id)
      if (tables?.id === id) tables = undefined
      changed(id)
      return {}
    },
  }
}

type MadeTables = {
  readonly id: string
  readonly rows: number
  readonly made: CohortTables
  /** performance.now() when they were there, and what they took. */
  readonly at: number
  readonly ms: number
}

/** Tables of a cohort at work are made anew as often as they hold it up for a twentieth of the time at most. */
function isFresh({ at, ms }: MadeTables): boolean {
  return performance.now() - at < 20 * ms
}

/** Where a pick lies. */
function placeOf(pick: string, picked: Picked): { readonly path: string; readonly name: string } {
  const found = Object.hasOwn(picked, pick) ? picked[pick] : undefined
  if (found) return found
  throw new UserError('pick-unknown')
}

function withSeries(row: StoredRow, series: string): StoredRow {
  if (row.choices.some(({ uid }) => uid === series)) return { ...row, series }
  throw new UserError('not-there', { what: 'This series', remedy: 'Choose another.' })
}

/** Short work that nobody watches. */
const quiet: Work = { signal: new AbortController().signal, onProgress: () => undefined }
