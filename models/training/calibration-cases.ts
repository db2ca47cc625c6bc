import { scan, presetIds } from '../../fixtures/presets.ts'
import type { PresetId } from '../../fixtures/presets.ts'
import { simulatedSubject } from '../../fixtures/simulate.ts'
import type { Extent } from '../../main/adapt/method.ts'
import type { methods } from '../../main/adapt/methods/index.ts'
import type { OptionValue } from '../../main/adapt/options.ts'
import { degradations } from '../../main/evaluate/degrade.ts'
import { createRandom } from '../../main/volume/random.ts'
import type { LabelMap, Volume } from '../../main/volume/volume.ts'

/** A simulated scan that states are collected on. `shift`: what is left out together. */
export type CalibrationCase = {
  readonly id: string
  readonly shift: string
  readonly subject: number
  readonly make: () => { readonly volume: Volume; readonly truth: LabelMap }
}

/** Tuning heads (fixtures/README.md) that neither the models' statistics nor their recipes were measured on. */
const subjects = [3200, 3201, 3202, 3203]
/** Slices of a scan that are kept, evenly spread: a guard's dozen tells as much from them as from all. */
const slicesKept = 14

/** Scale is left out: normalisation undoes it. */
const kinds = ['noise', 'blur', 'bias', 'gamma', 'thickness'] as const

/**
 * All cases in rounds, each of which has every scanner and every degradation once, on subjects and levels that take turns: so
 * whatever was collected by a given time is balanced. A degradation is one of the source scanner's scans.
 */
export function calibrationCases(): CalibrationCase[] {
  return subjects.flatMap((_, round) => {
    const scanners = presetIds.map((id, n) => scannerCase(id, subjects[(n + round) % subjects.length]!))
    const degraded = kinds.map((kind, n) => degradedCase(kind, (n + round) % 4, subjects[(n + round + 1) % 4]!))
    return interleaved(scanners, degraded)
  })
}

function scannerCase(id: PresetId, subject: number): CalibrationCase {
  return { id: `${id} ${subject}`, shift: id, subject, make: () => thinned(scanned(id, subject)) }
}

function degradedCase(kind: (typeof kinds)[number], step: number, subject: number): CalibrationCase {
  const { levels, apply, ...degradation } = degradations[kind]
  const level = levels[step]!
  const make = (): ReturnType<CalibrationCase['make']> => {
    const { volume, truth } = scanned('source', subject)
    const worse = apply(volume, level, createRandom(subject).fork(kind))
    const labels = 'applyToLabels' in degradation ? degradation.applyToLabels(truth, level) : truth
    return thinned({ volume: worse, truth: labels })
  }
  return { id: `${kind} ${level} ${subject}`, shift: kind, subject, make }
}

function scanned(id: PresetId, subject: number): { volume: Volume; truth: LabelMap } {
  const phantom = simulatedSubject(subject, 'axial-3mm', { full: true })
  return { volume: scan(phantom, id, createRandom(subject).fork(id)), truth: { ...phantom, data: phantom.labels } }
}

/** Every n-th slice, as thick as it was, with gaps. */
function thinned({ volume, truth }: { volume: Volume; truth: LabelMap }): { volume: Volume; truth: LabelMap } {
  const every = Math.max(1, Math.round(volume.shape[2] / slicesKept))
  return { volume: everyNth(volume, every), truth: everyNth(truth, every) }
}

function everyNth<T extends Volume | LabelMap>(from: T, every: number): T {
  const [ni, nj, nk] = from.shape
  const first = Math.floor((every - 1) / 2)
  const slices = Array.from({ length: Math.floor((nk - 1 - first) / every) + 1 }, (_, n) => first + n * every)
  const data = from.data.slice(0, slices.length * ni * nj)
  slices.forEach((k, n) => data.set(from.data.subarray(k * ni * nj, (k + 1) * ni * nj), n * ni * nj))
  const affine = from.affine.map((value, n) => {
    if (n % 4 === 2 && n < 12) return value * every
    return n % 4 === 3 && n < 12 ? value + first * from.affine[n - 1]! : value
  })
  return { ...from, shape: [ni, nj, slices.length], affine, data }
}

/** a[0], b[0], a[1], a[2], b[1], ...: b evenly spread among a. */
function interleaved<T>(a: readonly T[], b: readonly T[]): T[] {
  const at = (index: number, of: readonly T[]): number => (index + 0.5) / of.length
  return [...a.map((each, n) => [at(n, a), each] as const), ...b.map((each, n) => [at(n, b), each] as const)]
    .sort(([first], [second]) => first - second)
    .map(([, each]) => each)
}

/** A way to adapt; several of them are there for the harm that they do. */
export type CalibrationEpisode = {
  readonly name: string
  readonly method: keyof typeof methods
  readonly options: Readonly<Record<string, OptionValue>>
  readonly extent: Extent
}

const full = 'full' as const
/** No input steps: training alone. */
const bare = { gate: 1, spectrum: false, passes: 0, bias: false, anchor: false, learningRate: 3e-2, steps: 2, views: 1 }

export const calibrationEpisodes: readonly CalibrationEpisode[] = [
  { name: 'consistency', method: 'consistency', options: { gate: 1 }, extent: full },
  { name: 'consistency light', method: 'consistency', options: {}, extent: 'light' },
  { name: 'norm', method: 'norm', options: {}, extent: full },
  { name: 'norm of the scan alone', method: 'norm', options: { alpha: 1 }, extent: full },
  { name: 'tent', method: 'tent', options: { steps: 3, batch: 6 }, extent: full },
  { name: 'tent at 2e-2', method: 'tent', options: { learningRate: 2e-2, entropy: 'plain', steps: 3, batch: 4 }, extent: full }, // prettier-ignore
  { name: 'consistency at 3e-2', method: 'consistency', options: bare, extent: full },
]
