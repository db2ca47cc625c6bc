/** Runs that are at work in this process: begun, watched, resumed. One at a time. */
import type { StepPreview } from '../adapt/previews.ts'
import type { Frame, Picked } from '../contract/contract.ts'
import type { Job, OptionValue, PreviewHeader, VolumeRef } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { ModelStudy } from '../predict/study.ts'
import { newRunId } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import type { LabelName } from '../runs/run.ts'
import type { LabelMap } from '../volume/volume.ts'
import type { Borrowed } from './engine-room.ts'
import { runPath } from './home-runs-files.ts'
import { describeInput } from './input.ts'
import type { Input } from './input.ts'
import { labelNames } from './masks.ts'
import type { Work } from './progress.ts'
import type { RunMasks } from './run-masks.ts'
import type { RunNotes } from './run-notes-files.ts'
import { drawPreview } from './run-pictures.ts'
import { shownLine } from './run-summary.ts'
import type { JobHandle, Shared, StartRequest } from './shared.ts'
import { checkTogether, seriesName } from './together.ts'
import type { Other } from './together.ts'

export type EpisodeRequest = {
  readonly scan: VolumeRef
  /** Other series of the study, to adapt together with. */
  readonly with?: readonly VolumeRef[] | undefined
  readonly model: string
  readonly method: string
  readonly options: Readonly<Record<string, OptionValue>>
  readonly seed: number
  readonly guard: boolean
  readonly reference: 'own' | { readonly pick: string } | null
}

type Begun = { readonly run: string; readonly job: string }

type AtWork = {
  readonly run: string
  /** Settled when its folder is there, or will never be. */
  readonly created: Promise<void>
  preview: { readonly step: StepPreview; readonly study: ModelStudy; readonly values: readonly number[] } | undefined
}

type Around = {
  readonly shared: Shared
  readonly masks: RunMasks
  readonly notes: RunNotes
}

/** Every changed parameter of each step: any step can be kept later. */
const checkpointEvery = 1

export class Episodes {
  private readonly around: Around
  private atWork: AtWork | undefined

  constructor(around: Around) {
    this.around = around
  }

  /** Whether this process writes this run now. */
  isAtWork(run: string): boolean {
    return this.atWork?.run === run
  }

  /** Right after its start a run has no folder yet: whoever asks for it waits. */
  async created(run: string): Promise<void> {
    if (this.isAtWork(run)) await this.atWork!.created
  }

  /** Throws UserError for what cannot begin at all; what goes wrong later is the job's error. */
  async start(request: EpisodeRequest, picked: Picked): Promise<Begun> {
    const [{ findMethod }, { parseOptions }] = await Promise.all([
      import('./methods.ts'),
      import('../adapt/options.ts'),
    ])
    const method = findMethod(request.method)
    parseOptions(method.options, request.options)
    const { referencePath } = await this.around.shared.inputs.get(request.scan.input)
    const reference =
      request.reference === 'own'
        ? referencePath
        : request.reference
          ? pathOf(request.reference.pick, picked)
          : undefined
    return this.begin(titleOf(request.method), reference, () => Promise.resolve(request), request.scan.input)
  }

  /** A run on a scan that is yet to be opened. */
  startOn({ reference, open, ...request }: StartRequest): Begun {
    const opened = async (work: Work): Promise<EpisodeRequest> => ({
      ...request,
      reference: null,
      scan: await open(work),
    })
    return this.begin(titleOf(request.method), reference, opened, null)
  }

  /** A run that ended early, once more: same scan, model, method, options and seed. `onCreated` is told the new run's id. */
  resume(run: ReadRun, onCreated: (id: string) => Promise<void>, reference: string | undefined): Begun {
    const { inputs, recents } = this.around.shared
    const { input, model, method, isGuarded = true } = run.record
    if (!recents.byHash(input.seriesHash) && inputs.list().length === 0) throw new UserError('scan-closed')
    const request = {
      model: model.name,
      method: method.name,
      options: method.parameters,
      seed: method.seed,
      guard: isGuarded,
      reference: null,
    }
    const open = async (work: Work): Promise<EpisodeRequest> => ({
      ...request,
      scan: await this.openScan(run, work),
      with: await this.findOthers(run),
    })
    return this.begin(titleOf(method.name), reference, open, null, onCreated)
  }

  preview(run: string): Frame<PreviewHeader> {
    const latest = this.isAtWork(run) ? this.atWork!.preview : undefined
    if (latest) return drawPreview(latest.step, latest.study, latest.values)
    return { header: { width: 0, height: 0, pixelAspect: 1, step: 0, slice: 0 }, bytes: new Uint8Array() }
  }

  private begin(
    title: string,
    reference: string | undefined,
    open: (work: Work) => Promise<EpisodeRequest>,
    input: string | null,
    onCreated: (id: string) => Promise<void> = () => Promise.resolve(),
  ): Begun {
    const { shared, notes } = this.around
    const run = newRunId(shared.now())
    const created = Promise.withResolvers<void>()
    const job = shared.jobs.start(
      { kind: 'adapt', title, run, ...(input !== null && { input }) },
      async (work, handle) => {
        try {
          if (reference) notes.change(run, { reference })
          await this.work(run, await open(work), reference, work, handle, async () => {
            await onCreated(run)
            created.resolve()
            this.changed(run)
          })
        } finally {
          created.resolve()
          this.atWork = undefined
          this.changed(run)
        }
      },
    )
    this.atWork = { run, created: created.promise, preview: undefined }
    return { run, job: job.id }
  }

  private async work(
    run: string,
    request: EpisodeRequest,
    reference: string | undefined,
    work: Work,
    handle: JobHandle,
    onCreated: () => Promise<void>,
  ): Promise<void> {
    const started = performance.now()
    const { shared, masks } = this.around
    handle.setInput(request.scan.input)
    work.onProgress('starting', 0)
    const borrowed = await (await shared.room()).borrow(request.model)
    try {
      work.onProgress('reading', 0)
      const input = await this.readScan(request.scan)
      const others = await this.readOthers(request, input)
      work.signal.throwIfAborted()
      const labels = labelNames(borrowed.model.card)
      const adapting = {
        ...request,
        ...borrowed,
        input,
        others,
        reference: reference ? await readMask(reference, input, labels) : undefined,
        checkpointEvery,
        out: runPath(shared.home, run),
        id: run,
        started,
        readMs: performance.now() - started,
      }
      const { adaptTo } = await import('./adaptation.ts')
      await adaptTo(adapting, work, {
        onRun: onCreated,
        onStep: (line) => shared.emit({ event: 'run.step', payload: { run, line: shownLine(line) } }),
        onMask: (of, mask) => {
          masks.put(run, of, mask, labels)
          shared.emit({ event: 'run.mask', payload: { run, of } })
        },
        onPreview: (step, study) => this.show(run, step, study, borrowed),
      })
    } finally {
      borrowed.release()
    }
  }

  private show(run: string, step: StepPreview, study: ModelStudy, { model }: Borrowed): void {
    if (!this.isAtWork(run)) return
    const values = [0, ...model.card.output.labels.map(({ value }) => value)]
    this.atWork!.preview = { step, study, values }
    this.around.shared.emit({ event: 'run.preview', payload: { run, step: step.step } })
  }

  private async readScan(scan: VolumeRef): Promise<Input> {
    const { inputs } = this.around.shared
    const { study } = await inputs.get(scan.input)
    return describeInput(study, scan.series, await inputs.volume(scan), await inputs.hash(scan))
  }

  private async readOthers({ scan, with: refs = [] }: EpisodeRequest, input: Input): Promise<Other[]> {
    const others: Other[] = []
    for (const ref of refs) {
      const { study } = await this.around.shared.inputs.get(ref.input)
      const series = study.series.find(({ seriesUid }) => seriesUid === ref.series)
      const name = series && study.kind === 'dicom' ? seriesName(series) : `Other scan ${others.length + 1}`
      others.push({ name, input: await this.readScan(ref) })
    }
    const { name } = await this.around.shared.inputs.get(scan.input)
    checkTogether(name, input, others)
    return others
  }

  /** What a run adapted together with lies in the study of its scan, which is open by now. */
  private async findOthers({ record }: ReadRun): Promise<VolumeRef[]> {
    const found: VolumeRef[] = []
    for (const { seriesHash, shape, name } of record.with ?? []) {
      const ref = await this.around.shared.inputs.find(seriesHash, shape)
      if (!ref)
        throw new UserError('not-there', {
          what: `${name}, which this run adapted together with,`,
          remedy: 'Open its study again.',
        })
      found.push(ref)
    }
    return found
  }

  /** Where the scan of a run is open, or can be opened again from where it was. */
  private async openScan({ record: { input } }: ReadRun, work: Work): Promise<VolumeRef> {
    const { inputs, jobs } = this.around.shared
    work.onProgress('reading', 0)
    const open = await inputs.find(input.seriesHash, input.shape)
    if (open) return open
    const known = await this.lastPlace(input.seriesHash)
    const opening: Job = inputs.reopen(known.recent)
    const end = await jobs.ended(opening.id)
    if (end.state !== 'done') throw new UserError('scan-closed')
    if ((await inputs.hash(known.scan)) !== input.seriesHash)
      throw new UserError('not-there', {
        what: 'The scan that this run adapted to',
        remedy: 'What lies in its place now is another scan.',
      })
    return known.scan
  }

  /** Of the places that a scan was opened from, the last one where something lies still. */
  private async lastPlace(seriesHash: string): Promise<ReturnType<Shared['recents']['withHash']>[number]> {
    const { recents } = this.around.shared
    const places = recents.withHash(seriesHash)
    for (const place of places) {
      const isThere = await recents.checkThere(place.recent).then(
        () => true,
        () => false,
      )
      if (isThere) return place
    }
    // Opening it tells what is missing.
    if (places[0]) return places[0]
    throw new UserError('scan-closed')
  }

  private changed(run: string): void {
    this.around.shared.emit({ event: 'changed', payload: { what: ['runs'], run } })
  }
}

async function readMask(path: string, { volume }: Input, labels: readonly LabelName[]): Promise<LabelMap> {
  const { readReference } = await import('./reference-files.ts')
  return readReference(path, volume, labels)
}

/** Without the scan's name, which may be the patient's. */
function titleOf(method: string): string {
  return method === 'source' ? 'Segmentation' : 'Adaptation'
}

function pathOf(pick: string, picked: Picked): string {
  const path = picked[pick]?.path
  if (path === undefined) throw new UserError('pick-unknown')
  return path
}
