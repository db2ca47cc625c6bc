import { calibrate } from '../adapt/calibrate.ts'
import { isHarmed } from '../adapt/calibration-fit.ts'
import type { LabelledState } from '../adapt/calibration-fit.ts'
import { calibrationEpisodes, collectStates } from '../adapt/labelled-states.ts'
import type { LabelledEpisode } from '../adapt/labelled-states.ts'
import { parseOptions } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import { overlap } from '../evaluate/overlap.ts'
import { mean } from '../evaluate/statistics.ts'
import type { Calibration } from '../model/calibration.ts'
import { calibrationIn, ownCalibration, writeCalibration } from '../model/calibration-files.ts'
import { loadUncalibrated } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import type { ProbabilityMap } from '../volume/volume.ts'
import { openStates } from './calibration-states-files.ts'
import type { StateLine, StatesFolder } from './calibration-states-files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { readInput } from './input.ts'
import { readManifest, scannerName } from './manifest-files.ts'
import type { ManifestCase } from './manifest-files.ts'
import { labelNames } from './masks.ts'
import { findMethod } from './methods.ts'
import { modelStudy } from './model-study.ts'
import type { Work } from './progress.ts'
import { readReference } from './reference-files.ts'

export type CalibrateRequest = {
  readonly manifest: string
  readonly model: string
  /** By their defaults, whatever the gate says; none: those that the shipped models were calibrated with. */
  readonly methods: readonly string[]
  /** Folder for the states, new or stopped, and a copy of the calibration. */
  readonly out: string
  /** false: only into `out`, and nothing uses it. */
  readonly install: boolean
  readonly seed: number
  readonly engine: EngineChoice
}

export type CalibrateResult = {
  readonly calibration: Calibration
  /** Where the guard finds it; null where it was not to be installed. */
  readonly installed: string | null
  /** Cases that had no reference, and those that could not be read, with the reason. */
  readonly withoutReference: number
  readonly failed: readonly { readonly case: string; readonly reason: string }[]
}

/** Fewer say nothing that could be relied on. */
const least = { cases: 6, harmed: 5, others: 5 }

/**
 * Fits the guard of a model to a lab's own labelled scans: adapts to each in several ways, keeps the scores and the true change of
 * every state, and fits what the scores are worth. Stopped, it goes on where it was. Throws UserError where there is too
 * little to go by, or the signal's reason.
 */
export async function calibrateModel(request: CalibrateRequest, work: Work): Promise<CalibrateResult> {
  const asked = request.methods.map((name): LabelledEpisode => ({
    name,
    method: findMethod(name),
    options: {},
    extent: 'full',
  }))
  const { cases, sha256 } = await readManifest(request.manifest)
  const labelled = cases.filter(({ reference }) => reference !== undefined)
  if (labelled.length < least.cases) throw tooFew(request.manifest, labelled.length)
  await startWork(request.engine)
  const model = await loadUncalibrated(request.model)
  try {
    const all = asked.length ? asked : calibrationEpisodes
    const episodes = all.filter(
      ({ method, options }) => !method.obstacle?.(model, parseOptions(method.options, options)),
    )
    const settings = {
      ...{ schema: 1, manifest: sha256, model: model.card.sha256, seed: request.seed },
      episodes: episodes.map(({ name }) => name),
    }
    const folder = openStates(request.out, settings)
    const { lines, failed } = await collect(labelled, model, episodes, folder, request.seed, work)
    const calibration = fitted(request.manifest, lines, model)
    await writeCalibration(calibrationIn(request.out), calibration)
    const installed = request.install ? ownCalibration(model.card.sha256) : null
    if (installed) await writeCalibration(installed, calibration)
    return { calibration, installed, withoutReference: cases.length - labelled.length, failed }
  } finally {
    model.dispose()
  }
}

async function collect(
  cases: readonly ManifestCase[],
  model: Model,
  episodes: readonly LabelledEpisode[],
  folder: StatesFolder,
  seed: number,
  work: Work,
): Promise<{ lines: StateLine[]; failed: { case: string; reason: string }[] }> {
  const lines = [...folder.lines]
  const failed: { case: string; reason: string }[] = []
  const isDone = new Set(lines.map((line) => `${line.case}/${line.episode}`))
  for (const [n, one] of cases.entries()) {
    work.signal.throwIfAborted()
    work.onProgress(`case ${one.case}`, n / cases.length)
    const left = episodes.filter(({ name }) => !isDone.has(`${one.case}/${name}`))
    if (left.length === 0) continue
    try {
      for await (const more of statesOf(one, model, left, seed, work)) {
        folder.append(more)
        lines.push(...more)
      }
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'cannot-write') throw error
      failed.push({ case: one.case, reason: error.sentence })
    }
  }
  return { lines, failed }
}

async function* statesOf(
  one: ManifestCase,
  model: Model,
  episodes: readonly LabelledEpisode[],
  seed: number,
  work: Work,
): AsyncGenerator<StateLine[], void> {
  const input = await readInput(one.image, one.series, { ...work, onProgress: () => {} })
  const truth = await readReference(one.reference!, input.volume, labelNames(model.card))
  const study = modelStudy(input.volume, model)
  const values = model.card.output.labels.map(({ value }) => value)
  const dice = (prediction: ProbabilityMap): number => {
    const mask = restoreGrid(prediction, study, model.card)
    return mean(values.map((value) => overlap(mask, truth, [value]).dice))
  }
  const { scanner } = input.record
  const from = one.scanner || (scanner ? scannerName(scanner) : 'unknown')
  const { signal } = work
  const subject = one.columns['subject']
  for await (const { episode, states } of collectStates(model, study, dice, { episodes, seed, signal })) {
    const lines = states.map(({ before, after, scores }) => ({
      ...{ case: one.case, scanner: from, episode, before, after },
      ...(subject && { subject }),
      scores: Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, Number.isFinite(score) ? score! : null])), // prettier-ignore
    }))
    yield lines.length ? lines : [{ case: one.case, episode, none: true }]
  }
}

function fitted(manifest: string, lines: readonly StateLine[], { card }: Model): Calibration {
  const reached = lines.filter((line) => 'scores' in line)
  const scanners = new Set(reached.map(({ scanner }) => scanner))
  const cases = new Set(reached.map((line) => line.case))
  if (cases.size < least.cases) throw tooFew(manifest, cases.size)
  // With a single scanner there is nothing to leave out but cases.
  const byScanner = scanners.size > 1
  const states: LabelledState[] = reached.map(({ scanner, subject = '', ...state }) => ({
    ...state,
    shift: byScanner ? scanner : state.case,
    subject: subject || state.case,
  }))
  const harmed = states.filter(isHarmed).length
  if (harmed < least.harmed || states.length - harmed < least.others)
    throw unusable(
      manifest,
      `of ${states.length} states that were reached on its scans ${harmed} were harmed, too ${harmed < least.harmed ? 'few' : 'many'} to tell harm from help`,
      'Calibrate without --method, on more scans or on scans of other scanners.',
    )
  const left = byScanner ? `${scanners.size} scanners` : 'one scanner'
  const subjects = new Set(states.map(({ subject }) => subject)).size
  const others = `other ${byScanner ? 'scanners' : 'scans'}${subjects < cases.size ? ' and other subjects' : ''}`
  const data = `${cases.size} labelled scans of ${left}, each judged by ${others}`
  const calibration = calibrate(states, { model: { name: card.name, sha256: card.sha256 }, data })
  if (calibration.harm.slope <= 0)
    throw unusable(
      manifest,
      'on its scans the scores of the guard do not tell harm from help: what was harmed on some looks like help by the others',
      'Calibrate on more scans, or on scans of other scanners; until then the guard goes by what came with the model.',
    )
  return calibration
}

function tooFew(manifest: string, cases: number): UserError {
  const has = cases === 0 ? 'no case' : cases === 1 ? 'one case' : `${cases} cases`
  return unusable(
    manifest,
    `${has} with a reference mask can be used, and a calibration needs at least ${least.cases}`,
    'Add labelled scans to the manifest, best of several scanners; until then the guard goes by what came with the model.',
  )
}

function unusable(path: string, reason: string, remedy: string): UserError {
  return new UserError('input-unsupported', { path, reason, remedy })
}
