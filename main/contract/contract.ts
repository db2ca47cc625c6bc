/**
 * Every call and event between the windows and the app, written once. `host` calls are answered by the host itself, all
 * others by the worker. A call may give a frame: a small header and voxels as bytes. The renderer imports types only.
 */
import { z } from 'zod'
import * as cohort from './cohort-schemas.ts'
import * as shape from './schemas.ts'

const nothing = z.object({})
const call = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({
  kind: 'value' as const,
  input,
  output,
})
const frame = <I extends z.ZodType, H extends z.ZodType>(input: I, header: H) => ({
  kind: 'frame' as const,
  input,
  output: header,
})
const run = z.object({ run: shape.Id })
const job = z.object({ job: shape.Id })
const ofCohort = z.object({ cohort: shape.Id })

export const calls = {
  // The host.
  'host.info': call(nothing, shape.HostInfo),
  /** The system's own dialog; null where the user cancelled it. Electron only. */
  'pick.dialog': call(z.object({ kind: z.enum(['folder', 'file', 'mask', 'run', 'manifest']) }), shape.Pick.nullable()),
  /** Without a folder: where the user may begin to look. Loopback host only. */
  'pick.browse': call(z.object({ folder: shape.Id.nullable() }), shape.FolderListing),
  /** A folder or file that pick.browse listed. */
  'pick.choose': call(z.object({ entry: shape.Id }), shape.Pick),
  /** Room for dropped files: PUT each to /upload/<pick>/<name below the drop>, then open the pick. Loopback host only. */
  'pick.upload': call(z.object({ name: z.string().max(255) }), shape.Pick),
  'window.title': call(z.object({ text: z.string().max(200), isUnsaved: z.boolean() }), nothing),

  // The app as a whole.
  'app.state': call(nothing, shape.AppState),
  'app.about': call(nothing, shape.About),
  'app.settings': call(shape.SettingsChange, shape.Settings),
  /** The notice about what was lost was seen. */
  'app.dismiss-lost': call(nothing, nothing),
  'job.cancel': call(job, nothing),
  'job.dismiss': call(job, nothing),

  // Scans.
  'input.open': call(z.object({ pick: shape.PickId }), job),
  'input.sample': call(nothing, job),
  'input.reopen': call(z.object({ recent: shape.Id }), job),
  'input.close': call(z.object({ input: shape.Id }), nothing),
  'input.recents': call(nothing, z.array(shape.RecentSummary)),
  'input.pin': call(z.object({ recent: shape.Id, pinned: z.boolean() }), nothing),
  'input.forget': call(z.object({ recent: shape.Id }), nothing),
  'input.recent-thumbnail': frame(z.object({ recent: shape.Id }), shape.PictureHeader),
  /** The middle slice of the volume, at most 160 pixels wide. */
  'input.thumbnail': frame(shape.VolumeRef, shape.PictureHeader),
  'input.voxels': frame(shape.VolumeRef, shape.VoxelHeader),

  // Models and methods.
  'model.list': call(nothing, z.array(shape.ModelSummary)),
  'method.list': call(z.object({ model: z.string() }), z.array(shape.MethodSummary)),

  // Adaptation.
  /** A job of kind 'check'; its result is read with adapt.checked. */
  'adapt.check': call(z.object({ scan: shape.VolumeRef, model: z.string() }), job),
  'adapt.checked': call(z.object({ scan: shape.VolumeRef, model: z.string() }), shape.ShiftReport.nullable()),
  /** A run begins; method 'source' only segments. `reference`: 'own' takes the one that lies with the input. */
  'adapt.start': call(
    z.object({
      scan: shape.VolumeRef,
      /** Other series of the same study, to adapt together with; for methods whose summary has `adaptsTogether`. */
      with: z.array(shape.VolumeRef).max(8).optional(),
      model: z.string(),
      method: z.string(),
      options: z.record(z.string(), shape.OptionValue),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 32 - 1),
      guard: z.boolean(),
      reference: z.union([z.literal('own'), z.object({ pick: shape.PickId })]).nullable(),
    }),
    z.object({ run: shape.Id, job: shape.Id }),
  ),
  /** The latest preview of a run at work; the header's width is 0 before there is one. */
  'adapt.preview': frame(run, shape.PreviewHeader),

  // Runs.
  'run.list': call(nothing, z.array(shape.RunSummary)),
  'run.read': call(run, shape.RunDetail),
  'run.thumbnail': frame(run, shape.PictureHeader),
  /** A mask on the scan's own grid, one byte a voxel. A step without a stored mask: only after run.predict. */
  'run.mask': frame(
    z.object({ run: shape.Id, of: z.union([z.enum(['before', 'after', 'kept']), z.number().int()]) }),
    shape.MaskHeader,
  ),
  /** Predicts the mask of a stored step anew and stores it. */
  'run.predict': call(z.object({ run: shape.Id, step: z.number().int() }), job),
  /** Makes the source's or a step's mask the kept one, on record; reports and masks are written again. */
  'run.keep': call(z.object({ run: shape.Id, to: shape.Kept }), shape.RunDetail),
  /** Takes the last decision of a person back, on record too. */
  'run.undo': call(run, shape.RunDetail),
  /** Makes the decision that was last taken back again, on record too. */
  'run.redo': call(run, shape.RunDetail),
  /** Opens the scan of a run from where it was. */
  'run.open': call(run, job),
  /** Runs an interrupted, cancelled or failed run again with its own settings, seed and scan, as a new run. */
  'run.resume': call(run, z.object({ run: shape.Id, job: shape.Id })),
  'run.delete': call(run, nothing),

  // Export.
  'export.items': call(run, z.array(shape.ExportItem)),
  /** A ZIP with the items and a list of what is inside. The bytes are the file. */
  'export.make': frame(
    z.object({ run: shape.Id, items: z.array(z.string()).min(1), identity: z.boolean() }),
    z.object({ name: z.string(), entries: z.array(z.object({ name: z.string(), bytes: z.number() })) }),
  ),

  // Cohorts. Calls that change a cohort are refused ('busy') while it is at work.
  'cohort.list': call(nothing, z.array(cohort.CohortSummary)),
  /**
   * A job of kind 'propose'; when it is done, its `cohort` is the new one. The pick is a folder (each folder, NIfTI file or ZIP
   * in it is a case), a manifest (CSV), or an evaluation's folder. A manifest's scans that do not lie beside or below it become
   * rows with a problem: cohort.locate.
   */
  'cohort.open': call(z.object({ pick: shape.PickId }), job),
  /** Looks for the scans and references of rows that have none below a folder that was picked. A job of kind 'propose'. */
  'cohort.locate': call(z.object({ cohort: shape.Id, pick: shape.PickId }), job),
  'cohort.read': call(ofCohort, cohort.CohortDetail),
  /** The middle slice of a row's scan. */
  'cohort.thumbnail': frame(z.object({ cohort: shape.Id, row: z.number().int().min(0) }), shape.PictureHeader),
  'cohort.rename': call(z.object({ cohort: shape.Id, name: z.string().trim().min(1).max(120) }), cohort.CohortDetail),
  /** Refused once something was run: cohort.copy. Answers with the cohort as it is then. */
  'cohort.edit': call(
    z.object({ cohort: shape.Id, of: cohort.CohortRows, change: cohort.CohortChange }),
    cohort.CohortDetail,
  ),
  /** The same rules. Throws 'usage' for options that the method does not have. */
  'cohort.set-up': call(z.object({ cohort: shape.Id, setup: cohort.CohortSetup }), cohort.CohortDetail),
  /** A new draft with the same rows and set-up, to be changed and run anew. */
  'cohort.copy': call(ofCohort, ofCohort),
  /** A job of kind 'forecast': reads the first case and times the model on it. Then cohort.read has it. */
  'cohort.forecast': call(ofCohort, job),
  /** Begins, or goes on where it was. A job of kind 'evaluate'; job.cancel stops it, and what is done stays. */
  'cohort.run': call(ofCohort, job),
  /** What is done so far, in the order of rows and methods. */
  'cohort.results': call(ofCohort, z.array(cohort.CohortResult)),
  /** Statistics of what is done so far. Takes a while for thousands of cases: ask at the end, or now and then. */
  'cohort.tables': call(ofCohort, cohort.CohortTables),
  /** Opens the scan of a row from where it lies. A job of kind 'open'. */
  'cohort.open-scan': call(z.object({ cohort: shape.Id, row: z.number().int().min(0) }), job),
  /** A row under a method once more, as an ordinary run (of a row without a kept run, to look at it). As adapt.start. */
  'cohort.run-again': call(
    z.object({ cohort: shape.Id, row: z.number().int().min(0), method: z.string() }),
    z.object({ run: shape.Id, job: shape.Id }),
  ),
  'cohort.export-items': call(ofCohort, z.array(shape.ExportItem)),
  /** As export.make. Without `identity` nothing names a path, nor a column of the manifest that may name a person. */
  'cohort.export': frame(
    z.object({ cohort: shape.Id, items: z.array(z.string()).min(1), identity: z.boolean() }),
    z.object({ name: z.string(), entries: z.array(z.object({ name: z.string(), bytes: z.number() })) }),
  ),
  'cohort.delete': call(ofCohort, nothing),

  // The engine.
  'engine.list': call(nothing, z.array(shape.EngineStatus)),
  'engine.self-test': call(nothing, job),
  'engine.self-tested': call(nothing, shape.SelfTest.nullable()),
} as const

export const events = {
  /** A job began, went on or ended. */
  job: shape.Job,
  'run.step': z.object({ run: shape.Id, line: shape.JournalLine }),
  /** The mask of the source ('before') or of a step can be had. */
  'run.mask': z.object({ run: shape.Id, of: z.union([z.literal('before'), z.literal('after'), z.number().int()]) }),
  'run.preview': z.object({ run: shape.Id, step: z.number().int() }),
  /** A case of a cohort was done under a method, or failed. */
  'cohort.result': z.object({ cohort: shape.Id, result: cohort.CohortResult }),
  /** Read these again. */
  changed: z.object({
    what: z.array(z.enum(['state', 'inputs', 'recents', 'runs', 'settings', 'cohorts'])),
    run: shape.Id.optional(),
    cohort: shape.Id.optional(),
  }),
  /** The system handed something over to be opened: a double click on a file, a second launch, the menu. Electron only. */
  'host.open': shape.Pick,
  /** Chosen in the menu bar, whose keys are those of the window. Electron only. */
  'host.command': z.object({
    command: z.enum(['open-sample', 'export', 'undo', 'redo', 'runs', 'settings', 'keys', 'engine', 'about']),
  }),
  /** The worker process died or is back; `message` says what was lost. */
  worker: z.object({ state: z.enum(['lost', 'ready']), run: shape.Id.nullable(), message: z.string() }),
} as const

export type Calls = typeof calls
export type CallName = keyof Calls
export type Input<K extends CallName> = z.input<Calls[K]['input']>
export type ParsedInput<K extends CallName> = z.output<Calls[K]['input']>
export type Frame<H> = { readonly header: H; readonly bytes: Uint8Array<ArrayBuffer> }
export type Output<K extends CallName> = Calls[K]['kind'] extends 'frame'
  ? Frame<z.output<Calls[K]['output']>>
  : z.output<Calls[K]['output']>

export type HostCall = Extract<CallName, `host.${string}` | `pick.${string}` | `window.${string}`>
export type AppCall = Exclude<CallName, HostCall>

export type EventName = keyof typeof events
export type Payload<E extends EventName> = z.output<(typeof events)[E]>
export type Event = { [E in EventName]: { readonly event: E; readonly payload: Payload<E> } }[EventName]

export type Reply<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: shape.ErrorShape }

/** Paths of what a request picked, by pick; the host adds them, the renderer cannot. */
export type Picked = Readonly<Record<string, { readonly path: string; readonly name: string }>>

/** What answers the worker's calls: app/ has one of these, so no call is forgotten. */
export type AppHandlers = { [K in AppCall]: (input: ParsedInput<K>, picked: Picked) => Promise<Output<K>> }
export type HostHandlers = { [K in HostCall]: (input: ParsedInput<K>) => Promise<Output<K>> }

/** What the preload script puts on the window of the Electron shell, under the name `scanbridge`. */
export type Bridge = {
  call(name: CallName, input: unknown): Promise<Reply<unknown>>
  on(listener: (event: Event) => void): () => void
  /** Dropped files and folders, made a pick. */
  pickDropped(files: readonly File[]): Promise<Reply<shape.Pick>>
}

/** Over HTTP a frame is: length of the header (uint32, little-endian), the header as JSON padded with spaces so that what
 *  follows begins at a multiple of 8, the bytes. */
export const frameType = 'application/x-scanbridge-frame'
