/** What answers the calls on models, adaptation, runs, export and the engine. */
import type { RunDetail, RunSummary, SelfTest } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { readRun } from '../runs/files.ts'
import { about } from './about-files.ts'
import { networkObstacle, summarizeMethods, summarizeModels } from './catalogue.ts'
import { Checks } from './checks.ts'
import { includedRows } from './cohort-view.ts'
import { InTurn, keep, noteResumed, redo, settled, undo } from './decide.ts'
import { Episodes } from './episodes.ts'
import { exportItems, makeExport } from './export.ts'
import type { Exported } from './export.ts'
import {
  emptyTrash,
  findHomeRuns,
  moveToTrash,
  notThere,
  partsOfRunId,
  runFolder,
  shownPath,
} from './home-runs-files.ts'
import { alone } from './jobs.ts'
import { RunMasks } from './run-masks.ts'
import { openRunNotes } from './run-notes-files.ts'
import { runThumbnail } from './run-pictures.ts'
import { detailOf, summarizeDamaged, summarizeRun } from './run-summary.ts'
import type { RunHandlers, Shared } from './shared.ts'

/** Until the first pictures of a scan that was opened are through: starting the engine holds everything up. */
const warmUpMs = 1500

export function createRunService(shared: Shared): RunHandlers {
  const { home, jobs, inputs, recents, cohorts, room, emit, now } = shared
  const notes = openRunNotes(home)
  const masks = new RunMasks()
  const inTurn = new InTurn()
  const episodes = new Episodes({ shared, masks, notes })
  const checks = new Checks(shared, room)
  let isClosing = false
  let selfTested: SelfTest | null = null

  emptyTrash(home, now()).catch((error: unknown) => console.error(error))

  inputs.onOpened(({ id }) => {
    checks.forget(id)
    setTimeout(() => {
      if (isClosing || jobs.running(...alone)) return
      // That an engine or model does not load is told when somebody asks for it.
      void warmUp().catch(() => {})
    }, warmUpMs).unref()
  })
  async function warmUp(): Promise<void> {
    const { release } = await (await room()).borrow(shared.settings().model)
    await import('./adaptation.ts')
    release()
  }

  const changed = (run: string): void => emit({ event: 'changed', payload: { what: ['runs'], run } })
  const folderOf = async (run: string): Promise<string> => {
    await episodes.created(run)
    return runFolder(home, run)
  }
  const refuseAtWork = (run: string): void => {
    if (episodes.isAtWork(run)) throw new UserError('busy', { doing: 'This run' })
  }
  /** Tables of a cohort rest on what its runs kept. */
  const refuseOfCohort = (run: string): void => {
    if (!partsOfRunId(run)) return
    const remedy = 'To decide otherwise, run its scan again by itself.'
    throw new UserError('usage', { problem: 'This run belongs to a cohort, whose tables rest on it', remedy })
  }

  /** The place of a cohort's run in its cohort. */
  function rowOf(run: string): { id: string; row: number } | null {
    const parts = partsOfRunId(run)
    if (!parts) return null
    const row = includedRows(cohorts.read(parts.cohort))[parseInt(parts.run, 10) - 1]
    return row === undefined ? null : { id: parts.cohort, row }
  }

  /** Where the scan of a cohort's run lies. */
  function scanOf(run: string): { path: string; name: string } | undefined {
    const at = rowOf(run)
    const row = at && cohorts.read(at.id).rows[at.row]
    return row?.image ? { path: row.image, name: row.name } : undefined
  }

  async function detail(run: string): Promise<RunDetail> {
    const folder = await folderOf(run)
    const read = await readRun(folder)
    const { seriesHash } = read.record.input
    const shown = detailOf(run, read, {
      exported: notes.exported(run),
      hasThumbnail: (await runThumbnail(folder)) !== undefined,
      folder: shownPath(folder),
      scan: inputs.byHash(seriesHash) ?? null,
      canOpenScan: recents.byHash(seriesHash) !== undefined || scanOf(run) !== undefined,
    })
    const cohort = rowOf(run)
    return cohort ? { ...shown, cohort, canUndo: false, canRedo: false, isUnsaved: false } : shown
  }

  /** A person's decision about a run, after those before it. */
  async function decided(run: string, decide: (folder: string) => Promise<void>): Promise<RunDetail> {
    refuseOfCohort(run)
    refuseAtWork(run)
    await inTurn.do(run, () => decide(runFolder(home, run)))
    changed(run)
    return detail(run)
  }

  /** What is decided later is not in it. */
  async function exported(run: string, items: readonly string[], identity: boolean): Promise<Exported> {
    const time = now().toISOString()
    const read = await settled(runFolder(home, run))
    const network = async (): Promise<{ bytes: Uint8Array; notes: string[] }> => {
      const { model, release } = await (await room()).borrow(read.record.model.name)
      try {
        const { adaptedOnnx } = await import('./model.ts')
        return await adaptedOnnx(read, read.record.kept as number, model)
      } finally {
        release()
      }
    }
    const made = await makeExport(read, await networkObstacle(read), { items, identity, network })
    notes.change(run, { exported: time })
    return made
  }

  async function list(): Promise<RunSummary[]> {
    const found = await findHomeRuns(home)
    const summaries = found.map((one) =>
      'problem' in one
        ? summarizeDamaged(one)
        : summarizeRun(one.id, one.run, { exported: notes.exported(one.id), hasThumbnail: one.hasThumbnail }),
    )
    return summaries.sort((a, b) => (a.created < b.created ? 1 : -1))
  }

  return {
    'app.about': () => about(home),
    'model.list': summarizeModels,
    'method.list': async ({ model }) => summarizeMethods(model, await room()),

    'adapt.start': (request, picked) => episodes.start(request, picked),
    'adapt.check': ({ scan, model }) => Promise.resolve({ job: checks.start(scan, model) }),
    'adapt.checked': ({ scan, model }) => Promise.resolve(checks.get(scan, model)),
    'adapt.preview': ({ run }) => Promise.resolve(episodes.preview(run)),

    'run.list': list,
    'run.read': ({ run }) => detail(run),
    async 'run.thumbnail'({ run }) {
      const picture = await runThumbnail(await folderOf(run))
      if (!picture) throw new UserError('not-there', { what: 'The picture of this run', remedy: 'It has none yet.' })
      return picture
    },
    async 'run.mask'({ run, of }) {
      return masks.get(run, await folderOf(run), of)
    },
    async 'run.predict'({ run, step }) {
      const folder = await folderOf(run)
      const read = await readRun(folder)
      const scan = inputs.byHash(read.record.input.seriesHash)
      if (!scan) throw new UserError('scan-closed')
      const job = jobs.start({ kind: 'predict', title: `The mask of step ${step}`, run }, async (work) => {
        work.onProgress('starting', 0)
        const { model, release } = await (await room()).borrow(read.record.model.name)
        try {
          const { storeStepMask } = await import('./step-mask.ts')
          const { volume } = await inputs.volume(scan)
          masks.put(run, step, await storeStepMask(read, step, model, volume, work), read.record.model.labels)
        } finally {
          release()
        }
        emit({ event: 'run.mask', payload: { run, of: step } })
        changed(run)
      })
      return { job: job.id }
    },
    'run.keep': ({ run, to }) => decided(run, (folder) => keep(folder, to)),
    'run.undo': ({ run }) => decided(run, (folder) => undo(folder)),
    'run.redo': ({ run }) => decided(run, (folder) => redo(folder)),
    async 'run.open'({ run }) {
      const { input } = (await readRun(await folderOf(run))).record
      const known = recents.byHash(input.seriesHash)
      const scan = scanOf(run)
      if (scan) return { job: inputs.open(scan.path, scan.name, input).id }
      if (!known) throw new UserError('not-there', { what: 'The scan of this run', remedy: 'Open it from its folder.' })
      return { job: inputs.reopen(known.recent).id }
    },
    async 'run.resume'({ run }) {
      refuseOfCohort(run)
      refuseAtWork(run)
      const folder = runFolder(home, run)
      const read = await readRun(folder)
      if (read.state === 'running' || read.state === 'done') {
        const problem = read.state === 'done' ? 'This run came to its end' : 'This run is still at work'
        throw new UserError('usage', { problem, remedy: 'To run it again, start it from its scan.' })
      }
      const note = async (id: string): Promise<void> => {
        // The new run goes on where the old one was deleted meanwhile, or its disk refuses the note.
        await inTurn.do(run, () => noteResumed(folder, id)).catch((error: unknown) => console.error(error))
        changed(run)
      }
      return episodes.resume(read, note, notes.reference(run))
    },
    async 'run.delete'({ run }) {
      refuseOfCohort(run)
      refuseAtWork(run)
      const found = (await findHomeRuns(home)).find(({ id }) => id === run)
      if (!found) throw notThere()
      // Another process over the same folder may be writing it.
      if ('run' in found && found.run.state === 'running') throw new UserError('busy', { doing: 'This run' })
      await inTurn.do(run, () => moveToTrash(home, run, now()))
      masks.forget(run)
      notes.forget(run)
      changed(run)
      return {}
    },

    async 'export.items'({ run }) {
      const folder = await folderOf(run)
      const read = await inTurn.do(run, () => (episodes.isAtWork(run) ? readRun(folder) : settled(folder)))
      return exportItems(read, await networkObstacle(read))
    },
    async 'export.make'({ run, items, identity }) {
      refuseAtWork(run)
      const { name, bytes, entries } = await inTurn.do(run, () => exported(run, items, identity))
      changed(run)
      return { header: { name, entries: [...entries] }, bytes: bytes as Uint8Array<ArrayBuffer> }
    },

    async 'engine.list'() {
      const { engineList, engineListBeside } = await import('./engine.ts')
      return 'electron' in process.versions ? engineListBeside(await (await room()).engine()) : engineList()
    },
    'engine.self-test'() {
      const job = jobs.start({ kind: 'self-test', title: 'Self-test' }, async (work) => {
        work.onProgress('starting', 0)
        const engine = await (await room()).engine()
        const { selfTest } = await import('./self-test.ts')
        selfTested = await selfTest(engine, home.folder, work)
      })
      return Promise.resolve({ job: job.id })
    },
    'engine.self-tested': () => Promise.resolve(selfTested),

    start: (request) => episodes.startOn(request),

    async close() {
      isClosing = true
      await inTurn.done()
    },
  }
}
