import type { Model } from '../model/model.ts'
import { probabilitiesOf, sliceBatch } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { Random } from '../volume/random.ts'
import type { IntensityChange } from './intensity-views.ts'
import { changeIntensity, drawIntensityChange, intensityRange, unchanged } from './intensity-views.ts'
import { leastPixels } from './losses.ts'
import { scoped } from './scope.ts'

/** Label-free scores of methods.md section 4. Maps are [slice][j][i][class]; labels [slice][j][i]. */

export function labelsOf(probability: Float32Array, classes: number): Uint8Array {
  const labels = new Uint8Array(probability.length / classes)
  for (let n = 0; n < labels.length; n++) {
    let best = 0
    for (let c = 1; c < classes; c++) if (probability[n * classes + c]! > probability[n * classes + best]!) best = c
    labels[n] = best
  }
  return labels
}

/** Voxels of each class, background first. */
export function countClasses(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label]!++
  return counts
}

/**
 * Dice of each foreground class, class 1 first; NaN for a class that neither map has (below 32 voxels in both). `counted`:
 * where it is 0, voxels are left out.
 */
export function diceOfClasses(a: Uint8Array, b: Uint8Array, classes: number, counted?: Uint8Array): number[] {
  const [inA, inB, both] = [0, 0, 0].map(() => new Array<number>(classes).fill(0)) as [number[], number[], number[]]
  for (let n = 0; n < a.length; n++) {
    if (counted && counted[n] === 0) continue
    inA[a[n]!]!++
    inB[b[n]!]!++
    if (a[n] === b[n]) both[a[n]!]!++
  }
  return inA
    .map((count, c) => (Math.max(count, inB[c]!) < leastPixels ? NaN : (2 * both[c]!) / (count + inB[c]!)))
    .slice(1)
}

/** Mean over the classes that are there; NaN where none is. */
export function meanDice(a: Uint8Array, b: Uint8Array, classes: number, counted?: Uint8Array): number {
  const present = diceOfClasses(a, b, classes, counted).filter(Number.isFinite)
  return present.length ? present.reduce((sum, dice) => sum + dice, 0) / present.length : NaN
}

/** Sums over a window of 2 reach + 1 along one axis of [lines][n]. */
function windowSums(
  from: Uint8Array,
  count: number,
  step: number,
  lines: number,
  lineStep: number,
  reach: number,
): Uint8Array {
  const to = new Uint8Array(from.length)
  for (let line = 0; line < lines; line++) {
    let sum = 0
    for (let n = -reach; n < count; n++) {
      if (n + reach < count) sum += from[line * lineStep + (n + reach) * step]!
      if (n - reach - 1 >= 0) sum -= from[line * lineStep + (n - reach - 1) * step]!
      if (n >= 0) to[line * lineStep + n * step] = sum
    }
  }
  return to
}

/** 1 within `reach` voxels (in the plane, along i and j) of the border of the foreground of either map. */
export function borderBand(a: Uint8Array, b: Uint8Array, ni: number, nj: number, reach = 3): Uint8Array {
  const band = new Uint8Array(a.length)
  const full = (2 * reach + 1) ** 2
  for (const labels of [a, b]) {
    for (let start = 0; start < labels.length; start += ni * nj) {
      const mask = labels.subarray(start, start + ni * nj).map((label) => (label === 0 ? 0 : 1))
      const sums = windowSums(windowSums(mask, ni, 1, nj, ni, reach), nj, ni, ni, 1, reach)
      sums.forEach((sum, n) => {
        if (sum > 0 && sum < full) band[start + n] = 1
      })
    }
  }
  return band
}

/** Mean entropy in nats over the voxels of a band; NaN where it is empty. */
export function meanEntropy(probability: Float32Array, classes: number, band: Uint8Array): number {
  let sum = 0
  let count = 0
  for (let n = 0; n < band.length; n++) {
    if (band[n] === 0) continue
    count++
    for (let c = 0; c < classes; c++) {
      const p = probability[n * classes + c]!
      if (p > 0) sum -= p * Math.log(p)
    }
  }
  return sum / count
}

/** KL(m || proportions), m the shares of the foreground classes in a map (S5). NaN without foreground. */
export function proportionDivergence(counts: readonly number[], proportions: readonly number[]): number {
  const foreground = counts.slice(1)
  const total = foreground.reduce((a, b) => a + b, 0)
  if (total === 0) return NaN
  return foreground.reduce((sum, count, n) => {
    const share = count / total
    return share > 0 ? sum + share * Math.log(share / Math.max(proportions[n]!, 1e-4)) : sum
  }, 0)
}

/** A view that no method trains on: moved by whole voxels along i and j, with another contrast. Undone exactly. */
type HeldOutView = { readonly shift: readonly [number, number]; readonly change: IntensityChange }

/** Shifts that no pooling grid shares. The same for every scan, so that scores can be compared. */
const heldOutViews: readonly HeldOutView[] = [
  {
    shift: [5, -7],
    change: { ...unchanged, gamma: 1.2, logBias: [0.12, 0, -0.12, 0.1, 0, -0.1, 0.08, 0, -0.08], noise: 0.03 },
  },
  {
    shift: [-9, 3],
    change: { ...unchanged, gamma: 0.85, logBias: [-0.1, -0.1, -0.1, 0, 0, 0, 0.1, 0.1, 0.1], noise: 0.05 },
  },
]

/** out[j][i] = slice[j - dj][i - di], the edge going on outside. */
function shifted<T extends Float32Array | Uint8Array>(slice: T, ni: number, [di, dj]: readonly [number, number]): T {
  const nj = slice.length / ni
  const out = slice.slice() as T
  const held = (index: number, count: number): number => Math.min(Math.max(index, 0), count - 1)
  for (let j = 0; j < nj; j++)
    for (let i = 0; i < ni; i++) out[j * ni + i] = slice[held(j - dj, nj) * ni + held(i - di, ni)]!
  return out
}

/** A model's labels of slices whose intensities are changed, slice by slice, before they go in. */
async function labelsUnder(
  model: Model,
  study: ModelStudy,
  slices: readonly number[],
  view: (slice: Float32Array, n: number) => Float32Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const [ni, nj] = study.volume.shape
  const labels = new Uint8Array(slices.length * ni * nj)
  const batch = 4
  for (let start = 0; start < slices.length; start += batch) {
    signal?.throwIfAborted()
    const some = slices.slice(start, start + batch)
    const data = new Float32Array(some.length * ni * nj)
    some.forEach((k, n) => {
      data.set(view(study.volume.data.subarray(k * ni * nj, (k + 1) * ni * nj), start + n), n * ni * nj)
    })
    const probability = scoped(() => {
      const viewed = { ...study, volume: { ...study.volume, data, shape: [ni, nj, some.length] as const } }
      const logits = model.logits(
        sliceBatch(
          viewed,
          some.map((_, n) => n),
        ),
      )
      return probabilitiesOf(logits).dataSync() as Float32Array
    })
    labels.set(labelsOf(probability, probability.length / data.length), start * ni * nj)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return labels
}

/**
 * S4: mean over held-out views of the Dice between labels and those of the view, undone. `labels` are the model's own of the
 * slices as they are. NaN where no class is found.
 */
export async function heldOutConsistency(
  model: Model,
  study: ModelStudy,
  slices: readonly number[],
  labels: Uint8Array,
  classes: number,
  random: Random,
  signal?: AbortSignal,
): Promise<number> {
  const [ni, nj] = study.volume.shape
  const range = intensityRange(study.volume.data)
  const dices: number[] = []
  for (const [number, { shift, change }] of heldOutViews.entries()) {
    const view = (slice: Float32Array, n: number): Float32Array =>
      changeIntensity(shifted(slice, ni, shift), ni, change, range, random.fork(`${number}/${n}`))
    const seen = await labelsUnder(model, study, slices, view, signal)
    // What was moved out of the slice, or came in at its edge, cannot be compared.
    const inside = new Uint8Array(labels.length)
    for (let n = 0; n < inside.length; n++) {
      const [i, j] = [(n % ni) + shift[0], (Math.floor(n / ni) % nj) + shift[1]]
      inside[n] = i >= 0 && i < ni && j >= 0 && j < nj ? 1 : 0
    }
    const undone = new Uint8Array(seen.length)
    for (let start = 0; start < seen.length; start += ni * nj) {
      undone.set(shifted(seen.subarray(start, start + ni * nj), ni, [-shift[0], -shift[1]]), start)
    }
    dices.push(meanDice(labels, undone, classes, inside))
  }
  return dices.reduce((sum, dice) => sum + dice, 0) / dices.length
}

/**
 * Agreement of a model with itself on an intensity-augmented copy: mean Dice over the classes, each slice changed in its own
 * way. What the gate of the default preset asks (models.md section 1, finding 4). NaN where no class is found.
 */
export async function intensityConsistency(
  model: Model,
  study: ModelStudy,
  labels: Uint8Array,
  classes: number,
  random: Random,
  signal?: AbortSignal,
): Promise<number> {
  const [ni, , depth] = study.volume.shape
  const range = intensityRange(study.volume.data)
  const view = (slice: Float32Array, n: number): Float32Array => {
    const own = random.fork(n)
    return changeIntensity(slice, ni, drawIntensityChange(own, 1), range, own)
  }
  const slices = Array.from({ length: depth }, (_, n) => n)
  return meanDice(labels, await labelsUnder(model, study, slices, view, signal), classes)
}
