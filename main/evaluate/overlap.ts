import { spacing } from '../volume/affine.ts'
import type { Grid, LabelMap } from '../volume/volume.ts'

/** What is scored as one thing: a label, or several together ([1, 2, 3] is the brain). */
export type Structure = readonly number[]

export type Overlap = {
  /** 2 |P and G| / (|P| + |G|), without smoothing. Both empty: 1; one empty: 0. */
  readonly dice: number
  readonly predictionMl: number
  readonly referenceMl: number
  /** Prediction minus reference. */
  readonly differenceMl: number
  /** Which mask has no voxel. Such cases are counted, never dropped. */
  readonly empty: 'neither' | 'both' | 'prediction' | 'reference'
}

/** A table by label value: 1 where the value belongs to the structure. */
export function membership(structure: Structure): Uint8Array {
  const table = new Uint8Array(256)
  for (const value of structure) table[value] = 1
  return table
}

/** Throws unless both lie on one grid: whoever scores brings them there first. */
export function requireSameGrid(a: Grid, b: Grid): void {
  const isSame =
    a.shape.every((n, axis) => n === b.shape[axis]) && a.affine.every((x, n) => Math.abs(x - b.affine[n]!) < 1e-3)
  if (!isSame) throw new Error('prediction and reference lie on different grids')
}

/** Volume of a voxel in ml, for sheared grids too. */
export function voxelMl({ affine: m }: Grid): number {
  const [a, b, c, d, e, f, g, h, i] = [m[0]!, m[1]!, m[2]!, m[4]!, m[5]!, m[6]!, m[8]!, m[9]!, m[10]!]
  return Math.abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) / 1000
}

/** Diagonal of the field of view in mm: what an undefined surface distance counts in a penalised mean. */
export function diagonalMm({ shape, affine }: Grid): number {
  const mm = spacing(affine)
  return Math.hypot(shape[0] * mm[0], shape[1] * mm[1], shape[2] * mm[2])
}

/** Dice and volumes of one structure in two label maps of the same grid (else it throws). */
export function overlap(prediction: LabelMap, reference: LabelMap, structure: Structure): Overlap {
  requireSameGrid(prediction, reference)
  const isMember = membership(structure)
  let [p, g, both] = [0, 0, 0]
  for (let n = 0; n < prediction.data.length; n++) {
    const inP = isMember[prediction.data[n]!]!
    const inG = isMember[reference.data[n]!]!
    p += inP
    g += inG
    both += inP & inG
  }
  const ml = voxelMl(reference)
  return {
    dice: p + g === 0 ? 1 : (2 * both) / (p + g),
    predictionMl: p * ml,
    referenceMl: g * ml,
    differenceMl: (p - g) * ml,
    empty: p ? (g ? 'neither' : 'reference') : g ? 'prediction' : 'both',
  }
}
