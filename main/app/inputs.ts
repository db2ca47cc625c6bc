/** What is open: folders, files and archives, by id. */
import type { Event, Frame } from '../contract/contract.ts'
import type { InputSummary, Job, PictureHeader, SeriesSummary, VolumeRef } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { enterLone, openSalt, realPath, stampOf } from './input-files.ts'
import { summarizeInput } from './input-summary.ts'
import { hashOf } from './input.ts'
import type { Work } from './progress.ts'
import type { RecentStore } from './recents-files.ts'
import { hasTruth, makeSample, sampleFolder } from './sample-files.ts'
import { openSession } from './session-files.ts'
import type { Inputs, Jobs, OpenInput, Simulate } from './shared.ts'
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
  readonly hashes: Map<string, string>
  readonly closed: AbortController
}

export type InputRegistry = Inputs & {
  open(path: string, name: string): Job
  openSample(): Job
  close(id: string): void
  loaded(ref: VolumeRef): Promise<{ loaded: LoadedVolume; series: SeriesSummary }>
  thumbnail(ref: VolumeRef): Promise<Frame<PictureHeader>>
  /** Hashes a volume in the background, so that runs made of it, in whatever way it was opened, know it. */
  findRuns(ref: VolumeRef): void
  /** The app was closed as it should be: the next one begins with nothing open. */
  end(): void
}

/** Opens again what the last process had open when it died: listed at once, its headers read in the background. */
export function createInputs({ home, jobs, recents, simulate, emit }: Given): InputRegistry {
  const salted = openSalt(home.salt)
  const session = openSession(home.session)
  const entries = new Map<string, Entry>()
  const opening = new Map<string, string>()
  const cache = createVolumeCache()
  const listeners: ((input: OpenInput) => void)[] = []
  const sample = sampleFolder(home)

  const changed = (...what: ('inputs' | 'recents' | 'runs')[]): void => emit({ event: 'changed', payload: { what } })

  function remember(): void {
    session.write([...entries.values()].map(({ path, summary, tries }) => ({ path, summary, tries })))
  }

  function entryOf(id: string): Entry {
    const entry = entries.get(id)
    if (!entry) throw new UserError('scan-closed')
    return entry
  }

  async function read(id: string, path: string, name: string, work: Work) {
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
    const isSample = path === sample.dicom
    const hasReference = isSample && hasTruth(sample)
    const summary = await summarizeInput(study, {
      id,
      name,
      isSample,
      hasReference,
      pseudonym: (identity) => salted.pseudonym(identity),
    })
    // UIDs name what a DICOM file holds; a NIfTI file has none.
    const stamp = study.kind === 'nifti' ? await stampOf(target) : ''
    return { study, summary, fingerprint: salted.digest(JSON.stringify([summary.series, stamp])) }
  }

  function put(path: string, study: OpenedStudy, summary: InputSummary): void {
    entries.get(summary.id)?.closed.abort()
    cache.drop(summary.id)
    entries.set(summary.id, {
      path,
      summary,
      study: Promise.resolve(study),
      tries: 0,
      hashes: new Map(),
      closed: new AbortController(),
    })
    remember()
  }

  function begin(path: string, name: string, prepare: (work: Work) => Promise<void> = async () => {}): Job {
    const real = realPath(path)
    const id = salted.idOf(real)
    const going = jobs.list().find((job) => job.id === opening.get(id) && job.state === 'running')
    if (going) return going
    const kind = real === sample.dicom ? 'sample' : 'open'
    const job = jobs.start({ kind, title: `Opening ${name}` }, async (work, handle) => {
      await prepare(work)
      const { study, summary, fingerprint } = await read(id, real, name, work)
      const recent = await recentOf(study, summary)
      work.signal.throwIfAborted()
      put(real, study, summary)
      recents.add({ ...recent, path: real, fingerprint })
      handle.setInput(id)
      changed('inputs', 'recents', 'runs')
      for (const listener of listeners) listener(await inputs.get(id))
    })
    opening.set(id, job.id)
    return job
  }

  /** Takes over what was open; what is not there any more, or cannot be read any more, is closed. */
  async function restore(): Promise<void> {
    for (const [id, entry] of entries) {
      if (entry.closed.signal.aborted || entries.get(id) !== entry) continue
      try {
        const before = JSON.stringify(entry.summary)
        await entry.study
        entry.tries = 0
        if (JSON.stringify(entry.summary) !== before) changed('inputs')
      } catch (error) {
        if (entry.closed.signal.aborted) continue
        if (!(error instanceof UserError)) console.error(error)
        entries.delete(id)
        changed('inputs')
      }
      remember()
    }
  }

  function takeOver(): void {
    let last: Promise<unknown> = Promise.resolve()
    for (const { path, summary, tries } of session.left) {
      const closed = new AbortController()
      const work = { signal: closed.signal, onProgress: () => undefined }
      const study = last.then(async () => {
        const found = await read(summary.id, path, summary.name, work)
        entry.summary = found.summary
        recents.check(summary.id, found.fingerprint)
        return found.study
      })
      last = study.catch(() => undefined) // restore() looks at how it ended
      const entry: Entry = { path, summary, study, tries: tries + 1, hashes: new Map(), closed }
      entries.set(summary.id, entry)
    }
    if (entries.size === 0) return
    remember()
    void restore()
  }

  const inputs: InputRegistry = {
    list: () => [...entries.values()].map(({ summary }) => summary),
    async get(id) {
      const entry = entryOf(id)
      const study = await entry.study // where it cannot be read any more: restore() closes it
      const { name, hasReference } = entry.summary
      return { id, name, study, summary: entry.summary, referencePath: hasReference ? sample.truth : undefined }
    },
    async loaded(ref) {
      const { study, summary } = await inputs.get(ref.input)
      const series = seriesOf(summary, ref)
      const loaded = await cache.get(ref.input, volumeKey(ref), () => study.load(ref.series, ref.volume))
      return { loaded, series }
    },
    volume: async (ref) => (await inputs.loaded(ref)).loaded,
    async hash(ref) {
      const key = volumeKey(ref)
      const { hashes } = entryOf(ref.input)
      const known = hashes.get(key)
      if (known) return known
      const hash = await hashOf((await inputs.volume(ref)).volume)
      hashes.set(key, hash)
      recents.addHash(ref, hash)
      return hash
    },
    byHash(wanted) {
      for (const [input, { hashes }] of entries)
        for (const [key, hash] of hashes)
          if (hash === wanted) return { input, volume: parseInt(key, 10), series: key.slice(key.indexOf(' ') + 1) }
      const scan = recents.byHash(wanted)?.scan
      return scan && entries.has(scan.input) ? scan : undefined
    },
    onOpened: (listener) => void listeners.push(listener),
    open: (path, name) => begin(path, name),
    openSample: () => begin(sample.dicom, 'Sample head', (work) => makeSample(sample, simulate, work)),
    reopen(recent) {
      const { path, name } = recents.find(recent)
      return path === sample.dicom ? inputs.openSample() : begin(path, name, () => recents.checkThere(recent))
    },
    async thumbnail(ref) {
      const { study, summary } = await inputs.get(ref.input)
      seriesOf(summary, ref)
      return middlePicture(study, ref)
    },
    findRuns(ref) {
      if (entries.get(ref.input)?.hashes.has(volumeKey(ref))) return
      inputs.hash(ref).then(
        () => changed('runs'),
        (error: unknown) => {
          if (!(error instanceof UserError)) console.error(error) // a UserError: it was closed meanwhile
        },
      )
    },
    close(id) {
      entryOf(id).closed.abort()
      entries.delete(id)
      cache.drop(id)
      remember()
      changed('inputs', 'runs')
    },
    end: () => session.end(),
  }
  takeOver()
  return inputs
}

const volumeKey = ({ series, volume }: VolumeRef): string => `${volume} ${series}`

function seriesOf(summary: InputSummary, { series: uid, volume }: VolumeRef): SeriesSummary {
  const series = summary.series.find((one) => one.uid === uid)
  if (series?.volumes[volume]) return series
  throw new UserError('not-there', { what: 'This volume', remedy: 'Open the scan again.' })
}

/** As the list of recent ones shows it, with a picture of what a reader most likely wants to see. */
async function recentOf(study: OpenedStudy, { id, name, kind, series, suggested }: InputSummary) {
  const shown = series.find(({ uid }) => uid === suggested?.series) ?? series[0]!
  const scanner = kind === 'dicom' ? shown.scanner : null
  return { id, name, description: shown.description, scanner, picture: suggested && (await pictureOrNone()) }

  async function pictureOrNone(): Promise<Frame<PictureHeader> | null> {
    try {
      return await middlePicture(study, suggested!)
    } catch (error) {
      if (error instanceof UserError) return null // its pixels cannot be read: who asks for them is told why
      throw error
    }
  }
}

async function middlePicture(study: OpenedStudy, { series, volume }: VolumeRef): Promise<Frame<PictureHeader>> {
  return drawSlice(await study.loadMiddle(series, volume))
}
