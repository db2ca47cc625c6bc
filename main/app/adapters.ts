import { loadCheckpoint } from '../adapt/checkpoint.ts'
import { UserError } from '../errors.ts'
import { overlap } from '../evaluate/overlap.ts'
import { mean } from '../evaluate/statistics.ts'
import type { ModelCard } from '../model/card.ts'
import { listModels } from '../model/card-files.ts'
import { saveModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { predictStudy } from '../predict/predict.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import { readCheckpoint, readRun } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import { adapterFolder, removeAdapter } from './adapter-files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { readInput } from './input.ts'
import { readManifest, scannerName } from './manifest-files.ts'
import { labelNames } from './masks.ts'
import { loadRunModel } from './model.ts'
import type { Work } from './progress.ts'
import { readReference } from './reference-files.ts'

/** A model that was adapted to a scanner: a model folder like any other, chosen by its name. */
export type Adapter = {
  readonly name: string
  readonly folder: string
  readonly sha256: string
  readonly adapted: NonNullable<ModelCard['adapted']>
}

export type SaveAdapterRequest = {
  readonly run: string
  /** undefined: the kept one. */
  readonly step?: number | undefined
  readonly name: string
  /** Manifest of source cases with references that must not get worse. */
  readonly pinned?: string | undefined
  /** Saved without that check, which the card and every list say. */
  readonly isUnchecked: boolean
  /** Fall of the mean Dice over the pinned cases that blocks the adapter. */
  readonly limit: number
  readonly engine: EngineChoice
}

/**
 * The network of a run's step as a model of its own. What the episode did before and after the network (input correction,
 * re-weighting) belongs to its scan and is not part of it; the forgetting check measures what is saved. Throws UserError
 * where the run kept the source, the name is taken, or the pinned cases lose more than the limit: then nothing is saved.
 */
export async function saveAdapter(request: SaveAdapterRequest, work: Work): Promise<Adapter> {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(request.name))
    throw new UserError('usage', {
      problem: `${request.name} cannot be a name`,
      remedy: 'Use letters, digits, dots, dashes and underscores, such as brain-t1w-intera.',
    })
  if ((await listModels()).some(({ name }) => name === request.name))
    throw new UserError('usage', {
      problem: `There is a model ${request.name} already`,
      remedy: 'Choose another name; `scanbridge adapters delete` removes an adapter.',
    })
  if (request.pinned === undefined && !request.isUnchecked)
    throw new UserError('usage', {
      problem: `Nothing says what ${request.name} must not forget`,
      remedy:
        'Give source cases with references as --pinned MANIFEST.csv, or save it without that check with --unchecked.',
    })
  const run = await readRun(request.run)
  const { record } = run
  const step = stepOf(run, request.step)
  const checkpoint = await readCheckpoint(request.run, step)
  await startWork(request.engine)
  const source = await loadRunModel(run)
  const student = source.clone()
  try {
    loadCheckpoint(student, checkpoint)
    const pinned = request.pinned ? await forgetting(request.pinned, source, student, work) : null
    if (pinned && pinned.before - pinned.after > request.limit) throw forgets(request, pinned)
    const { name: model, sha256, version } = source.card
    const card: ModelCard = {
      ...source.card,
      name: request.name,
      version: `${version}+${record.id}`,
      title: `${source.card.title}, adapted to ${scannerOf(run) ?? 'a scan'}`,
      adapted: {
        from: { model, sha256 },
        run: record.id,
        step,
        method: record.method.name,
        scanner: scannerOf(run),
        created: new Date().toISOString(),
        pinned,
      },
    }
    const folder = adapterFolder(request.name)
    const saved = await saveModel(folder, { graph: student.toGraph(), card })
    return { name: saved.name, folder, sha256: saved.sha256, adapted: saved.adapted! }
  } finally {
    student.dispose()
    source.dispose()
  }
}

export async function listAdapters(): Promise<Adapter[]> {
  return (await listModels()).flatMap(({ name, folder, card }) =>
    card?.adapted ? [{ name, folder, sha256: card.sha256, adapted: card.adapted }] : [],
  )
}

/** Throws UserError where there is no such adapter: models that are none are never deleted. */
export async function deleteAdapter(name: string): Promise<Adapter> {
  const all = await listAdapters()
  const adapter = all.find((one) => one.name === name)
  if (!adapter)
    throw new UserError('usage', {
      problem: `There is no adapter ${name}`,
      remedy: `Adapters that are there: ${all.map((one) => one.name).join(', ') || 'none'}.`,
    })
  await removeAdapter(adapter.folder)
  return adapter
}

function stepOf({ folder, record }: ReadRun, wanted: number | undefined): number {
  const step = wanted ?? record.kept
  if (step !== 'source') return step
  throw new UserError('run-unusable', {
    path: folder,
    reason: 'it kept the source model, which is not changed',
    remedy: 'Keep a step of it first, or name one with --step.',
  })
}

function scannerOf({ record }: ReadRun): string | null {
  return record.input.scanner && scannerName(record.input.scanner)
}

function forgets({ name, limit }: SaveAdapterRequest, { cases, before, after }: Pinned): UserError {
  return new UserError('usage', {
    problem: `${name} was not saved: the mean Dice of ${cases} pinned source cases falls from ${before.toFixed(3)} to ${after.toFixed(3)}, by more than ${limit}`,
    remedy: 'Take an earlier step, or adapt with fewer steps; --limit sets what may be lost.',
  })
}

type Pinned = NonNullable<NonNullable<ModelCard['adapted']>['pinned']>

/** The pinned cases by both models, each against its reference; one scan in memory at a time. */
async function forgetting(path: string, source: Model, student: Model, work: Work): Promise<Pinned> {
  const { cases, sha256 } = await readManifest(path)
  const scores: { before: number; after: number }[] = []
  for (const [n, one] of cases.entries()) {
    work.onProgress('pinned cases', n / cases.length)
    if (!one.reference)
      throw new UserError('input-unsupported', {
        path,
        reason: `the case ${one.case} has no reference`,
        remedy: 'Pin cases with a reference each.',
      })
    const { volume } = await readInput(one.image, one.series, { ...work, onProgress: () => {} })
    const labels = labelNames(source.card)
    const reference = await readReference(one.reference, volume, labels)
    const study = toModelGrid(volume, source.card, source.stride)
    const dice = async (model: Model): Promise<number> => {
      const mask = restoreGrid(await predictStudy(model, study, { signal: work.signal }), study, source.card)
      return mean(labels.map(({ value }) => overlap(mask, reference, [value]).dice))
    }
    scores.push({ before: await dice(source), after: await dice(student) })
  }
  const before = mean(scores.map((score) => score.before))
  const after = mean(scores.map((score) => score.after))
  return { manifest: sha256, cases: cases.length, before, after }
}
