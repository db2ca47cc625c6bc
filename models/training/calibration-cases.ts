import { scan, presetIds } from '../../fixtures/presets.ts'
import type { PresetId } from '../../fixtures/presets.ts'
import { simulatedSubject } from '../../fixtures/simulate.ts'
import { thinned } from '../../fixtures/thinned.ts'
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
const heads = [
  [3200, 3201, 3202, 3203],
  [3204, 3205, 3206, 3207],
]
/** Which heads a round has, and where in them it begins: two rounds of the ones, two of the others, and so on. */
const rounds = [0, 1, 2, 3].flatMap((pair) => [0, 1].map((n) => ({ of: heads[pair % 2]!, from: 2 * (pair >> 1) + n })))
/** Slices of a scan that are kept, evenly spread. */
const slicesKept = 14

/** Scale is left out: normalisation undoes it. */
const kinds = ['noise', 'blur', 'bias', 'gamma', 'thickness'] as const

/**
 * All cases in rounds, each of which has every scanner and every degradation once, on subjects and levels that take turns: so
 * whatever was collected by a given time is balanced. A degradation is one of the source scanner's scans.
 */
export function calibrationCases(): CalibrationCase[] {
  return rounds.flatMap(({ of, from }) => {
    const subject = (n: number): number => of[(n + from) % of.length]!
    const scanners = presetIds.map((id, n) => scannerCase(id, subject(n)))
    const degraded = kinds.map((kind, n) => degradedCase(kind, (n + from) % 4, subject(n + 1)))
    return interleaved(scanners, degraded)
  })
}

function scannerCase(id: PresetId, subject: number): CalibrationCase {
  return { id: `${id} ${subject}`, shift: id, subject, make: () => few(scanned(id, subject)) }
}

function degradedCase(kind: (typeof kinds)[number], step: number, subject: number): CalibrationCase {
  const { levels, apply, ...degradation } = degradations[kind]
  const level = levels[step]!
  const make = (): ReturnType<CalibrationCase['make']> => {
    const { volume, truth } = scanned('source', subject)
    const worse = apply(volume, level, createRandom(subject).fork(kind))
    const labels = 'applyToLabels' in degradation ? degradation.applyToLabels(truth, level) : truth
    return few({ volume: worse, truth: labels })
  }
  return { id: `${kind} ${level} ${subject}`, shift: kind, subject, make }
}

function scanned(id: PresetId, subject: number): { volume: Volume; truth: LabelMap } {
  const phantom = simulatedSubject(subject, 'axial-3mm', { full: true })
  return { volume: scan(phantom, id, createRandom(subject).fork(id)), truth: { ...phantom, data: phantom.labels } }
}

/** A guard's dozen tells as much from some slices as from all. */
function few({ volume, truth }: { volume: Volume; truth: LabelMap }): { volume: Volume; truth: LabelMap } {
  return { volume: thinned(volume, slicesKept), truth: thinned(truth, slicesKept) }
}

/** a[0], b[0], a[1], a[2], b[1], ...: b evenly spread among a. */
function interleaved<T>(a: readonly T[], b: readonly T[]): T[] {
  const at = (index: number, of: readonly T[]): number => (index + 0.5) / of.length
  return [...a.map((each, n) => [at(n, a), each] as const), ...b.map((each, n) => [at(n, b), each] as const)]
    .sort(([first], [second]) => first - second)
    .map(([, each]) => each)
}
