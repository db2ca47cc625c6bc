/** What is open: folders, files and archives, by id. */
import type { Event, Frame } from '../contract/contract.ts'
import type { InputSummary, Job, PictureHeader, SeriesSummary, VolumeRef } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { enterLone, openSalt, realPath, stampOf } from './input-files.ts'
import type { Salted } from './input-files.ts'
import { summarizeInput } from './input-summary.ts'
import { hashOf } from './input.ts'
import type { Work } from './progress.ts'
import type { RecentStore } from './recents-files.ts'
import { hasTruth, makeSample, sampleFolder } from './sample-files.ts'
import type { SampleFolder } from './sample-files.ts'
import { openSession } from './session-files.ts'
import type { Session } from './session-files.ts'
import type { Inputs, Jobs, OpenInput, Simulate, SoughtScan } from './shared.ts'
import type { Home } from './state-files.ts'
import { openStudy } from './study.ts'
import type { LoadedVolume, OpenedStudy } from './study.ts'
import { drawSlice } from './thumbnail.ts'
import { createVolumeCache } from './volume-cache.ts'

type Given = {
  readonly home: Home
  readonly jobs: Jobs
  readonly recents: RecentStore
  readonly simulate: Simulate
  readonly emit: (event: Event) => void
}

type Entry = {
  readonly path: string
  summary: InputSummary
  /** Its headers may still be read, after this process took over from one that died. */
  study: Promise<OpenedStudy>
  tries: number
  /** By volumeKey. */
  readonly hashes: Map<string, string>
  readonly closed: AbortController
}

/** What was read of a path. The fingerprint is another when something else lies there. */
type Found = { readonly study: OpenedStudy; readonly summary: InputSummary; readonly fingerprint: string }

/** Opens again what the last process had open when it died: listed at once, its headers read in the background. */
export class InputRegistry implements Inputs {
  private readonly given: Given
  private readonly salted: Salted
  private readonly session: Session
  private readonly sample: SampleFolder
  private readonly entries = new Map<string, Entry>()
  /** Job by input. */
  private readonly opening = new Map<string, string>()
  private readonly cache = createVolumeCache()
  private readonly listeners: ((input: OpenInput) => void)[] = []

  constructor(given: Given) {
    this.given = given
    this.salted = openSalt(given.home.salt)
    this.session = openSession(given.home.session)
    this.sample = sampleFolder(given.home)
    this.takeOver()
  }

  list(): InputSummary[] {
    return [...this.entries.values()].map(({ summary }) => summary)
  }

  async get(id: string): Promise<OpenInput> {
    const entry = this.entryOf(id)
    const study = await entry.study // where it cannot be read any more: restore() closes it
    const { name, hasReference } = entry.summary
    return { id, name, study, summary: entry.summary, referencePath: hasReference ? this.sample.truth : undefined }
  }

  onOpened(listener: (input: OpenInput) => void): void {
    this.listeners.push(listener)
  }

  open(path: string, name: string, scan?: SoughtScan): Job {
    return this.begin(path, name, async () => {}, scan)
  }

  openSample(): Job {
    const { simulate } = this.given
    return this.begin(this.sample.dicom, 'Sample head', (work) => makeSample(this.sample, simulate, work))
  }

  reopen(recent: string): Job {
    const { recents } = this.given
    const { path, name } = recents.find(recent)
    if (path === this.sample.dicom) return this.openSample()
    return this.begin(path, name, () => recents.checkThere(recent))
  }

  close(id: string): void {
    this.entryOf(id).closed.abort()
    this.entries.delete(id)
    this.cache.drop(id)
    this.remember()
    this.changed('inputs', 'runs')
  }

  /** The app was closed as it should be: the next one begins with nothing open. */
  end(): void {
    this.session.end()
  }

  async volume(ref: VolumeRef): Promise<LoadedVolume> {
    return (await this.loaded(ref)).loaded
  }

  async loaded(ref: VolumeRef): Promise<{ loaded: LoadedVolume; series: SeriesSummary }> {
    const { study, summary } = await this.get(ref.input)
    const series = seriesOf(summary, ref)
    const loaded = await this.cache.get(ref.input, volumeKey(ref), () => study.load(ref.series, ref.volume))
    return { loaded, series }
  }

  async thumbnail(ref: VolumeRef): Promise<Frame<PictureHeader>> {
    const { study, summary } = await this.get(ref.input)
    seriesOf(summary, ref)
    return middlePicture(study, ref)
  }

  async hash(ref: VolumeRef): Promise<string> {
    const { hashes } = this.entryOf(ref.input)
    const known = hashes.get(volumeKey(ref))
    if (known) return known
    const hash = await hashOf((await this.volume(ref)).volume)
    hashes.set(volumeKey(ref), hash)
    // Unless it was opened anew meanwhile, perhaps with other voxels.
    if (this.entries.get(ref.input)?.hashes === hashes) this.given.recents.addHash(ref, hash)
    return hash
  }

  byHash(wanted: string): VolumeRef | undefined {
    for (const [input, { hashes }] of this.entries)
      for (const [key, hash] of hashes) if (hash === wanted) return { input, ...volumeOf(key) }
    // The same scan may have been opened from several places.
    return this.given.recents.withHash(wanted).find(({ scan }) => this.entries.has(scan.input))?.scan
  }

  async find(wanted: string, shape: readonly number[]): Promise<VolumeRef | undefined> {
    const known = this.byHash(wanted)
    if (known) return known
    const all = this.list().flatMap(({ id, series }) =>
      series.flatMap(({ uid, volumes }) =>
        volumes.map((one, volume) => ({ shape: one.shape, ref: { input: id, series: uid, volume } })),
      ),
    )
    for (const { ref } of all.filter((one) => one.shape.every((n, axis) => n === shape[axis]))) {
      const hash = await this.hash(ref).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error
        return undefined // closed meanwhile, or it cannot be read
      })
      if (hash === wanted) return ref
    }
    return undefined
  }

  /** Hashes a volume in the background, so that runs made of it, in whatever way it was opened, know it. */
  findRuns(ref: VolumeRef): void {
    if (this.entries.get(ref.input)?.hashes.has(volumeKey(ref))) return
    this.hash(ref).then(
      () => this.changed('runs'),
      (error: unknown) => {
        if (!(error instanceof UserError)) console.error(error) // a UserError: it was closed meanwhile
      },
    )
  }

  private changed(...what: ('inputs' | 'recents' | 'runs')[]): void {
    this.given.emit({ event: 'changed', payload: { what } })
  }

  private entryOf(id: string): Entry {
    const entry = this.entries.get(id)
    if (!entry) throw new UserError('scan-closed')
    return entry
  }

  /** Without it, only what is open would be closed after a crash: nothing stops for that. */
  private remember(): void {
    try {
      this.session.write([...this.entries.values()].map(({ path, summary, tries }) => ({ path, summary, tries })))
    } catch (error) {
      console.error(error)
    }
  }

  /** The job that opens a path; the one at work where there is one. */
  private begin(path: string, name: string, prepare: (work: Work) => Promise<void>, scan?: SoughtScan): Job {
    const { jobs } = this.given
    const real = realPath(path)
    const id = this.salted.idOf(real)
    const going = jobs.list().find((job) => job.id === this.opening.get(id) && job.state === 'running')
    if (going) return going
    const kind = real === this.sample.dicom ? 'sample' : 'open'
    const job = jobs.start({ kind, title: `Opening ${name}` }, async (work, handle) => {
      await prepare(work)
      const found = await this.read(id, real, name, work)
      const recent = await recentOf(found)
      work.signal.throwIfAborted()
      this.put(real, found)
      this.given.recents.add({ ...recent, path: real })
      if (scan) await this.find(scan.seriesHash, scan.shape)
      handle.setInput(id)
      this.changed('inputs', 'recents', 'runs')
      for (const listener of this.listeners) listener(await this.get(id))
    })
    this.opening.set(id, job.id)
    return job
  }

  private async read(id: string, path: string, name: string, work: Work): Promise<Found> {
    const started = performance.now()
    const target = await enterLone(path)
    const study = await openStudy(target, {
      name,
      signal: work.signal,
      onFound: (count) => work.onProgress(`Looking for files: ${count} so far`, NaN),
      onProgress(done, total) {
        const elapsed = performance.now() - started
        work.onProgress(`Looking at file ${done} of ${total}`, done / total, (elapsed / done) * (total - done))
      },
    })
    const isSample = path === this.sample.dicom
    const summary = await summarizeInput(study, {
      id,
      name,
      isSample,
      hasReference: isSample && hasTruth(this.sample),
      pseudonym: (identity) => this.salted.pseudonym(identity),
    })
    // UIDs name what a DICOM file holds; a NIfTI file has none.
    const stamp = study.kind === 'nifti' ? await stampOf(target) : ''
    return { study, summary, fingerprint: this.salted.digest(JSON.stringify([summary.series, stamp])) }
  }

  private put(path: string, { study, summary }: Found): void {
    this.entries.get(summary.id)?.closed.abort()
    this.cache.drop(summary.id)
    this.entries.set(summary.id, {
      path,
      summary,
      study: Promise.resolve(study),
      tries: 0,
      hashes: new Map(),
      closed: new AbortController(),
    })
    this.remember()
  }

  private takeOver(): void {
    let last: Promise<unknown> = Promise.resolve()
    for (const { path, summary, tries } of this.session.left) {
      const closed = new AbortController()
      const work = { signal: closed.signal, onProgress: () => undefined }
      const study = last.then(async () => {
        const found = await this.read(summary.id, path, summary.name, work)
        entry.summary = found.summary
        this.given.recents.check(summary.id, found.fingerprint)
        return found.study
      })
      last = study.catch(() => undefined) // restore() looks at how it ended
      const entry: Entry = { path, summary, study, tries: tries + 1, hashes: new Map(), closed }
      this.entries.set(summary.id, entry)
    }
    if (this.entries.size === 0) return
    this.remember()
    void this.restore()
  }

  /** What is not there any more, or cannot be read any more, is closed. */
  private async restore(): Promise<void> {
    for (const [id, entry] of [...this.entries]) {
      try {
        const before = JSON.stringify(entry.summary)
        await entry.study
        entry.tries = 0
        if (JSON.stringify(entry.summary) !== before) this.changed('inputs')
      } catch (error) {
        if (this.entries.get(id) !== entry) continue // closed, or opened anew
        if (!(error instanceof UserError)) console.error(error)
        this.entries.delete(id)
        this.changed('inputs')
      }
      this.remember()
    }
  }
}

const volumeKey = ({ series, volume }: VolumeRef): string => `${volume} ${series}`
const volumeOf = (key: string): Pick<VolumeRef, 'series' | 'volume'> => ({
  volume: parseInt(key, 10),
  series: key.slice(key.indexOf(' ') + 1),
})

function seriesOf(summary: InputSummary, { series: uid, volume }: VolumeRef): SeriesSummary {
  const series = summary.series.find((one) => one.uid === uid)
  if (series?.volumes[volume]) return series
  throw new UserError('not-there', { what: 'This volume', remedy: 'Open the scan again.' })
}

async function middlePicture(study: OpenedStudy, { series, volume }: VolumeRef): Promise<Frame<PictureHeader>> {
  return drawSlice(await study.loadMiddle(series, volume))
}

/** As the list of recent ones shows it, with a picture of what a reader most likely wants to see. */
async function recentOf({ study, summary, fingerprint }: Found) {
  const { id, name, kind, series, suggested } = summary
  const shown = series.find(({ uid }) => uid === suggested?.series) ?? series[0]!
  const scanner = kind === 'dicom' ? shown.scanner : null
  const picture = suggested && (await pictureOrNone(study, suggested))
  return { id, name, description: shown.description, scanner, picture, fingerprint }
}

async function pictureOrNone(study: OpenedStudy, ref: VolumeRef): Promise<Frame<PictureHeader> | null> {
  try {
    return await middlePicture(study, ref)
  } catch (error) {
    if (error instanceof UserError) return null // its pixels cannot be read: who asks for them is told why
    throw error
  }
}
