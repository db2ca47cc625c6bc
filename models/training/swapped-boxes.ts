import type { Random } from '../../main/volume/random.ts'

/** Largest half side of a box, in pixels; and how many pairs of boxes change places in a slice. */
const largest = 10
const most = 30

/** One slice of a map [j][i][class] in which boxes have changed places: what a denoising autoencoder learns to mend. Karani
 *  et al., MedIA 2021, section 3.2, there in volumes. Returns a new array. */
export function swapBoxes(
  map: Float32Array,
  [ni, nj]: readonly [number, number],
  classes: number,
  random: Random,
): Float32Array {
  const out = map.slice()
  const swaps = 1 + random.integer(most)
  for (let n = 0; n < swaps; n++) {
    const half = 1 + random.integer(largest)
    const side = 2 * half
    const place = (): number => random.integer(nj - side) * ni + random.integer(ni - side)
    const [one, other] = [place(), place()]
    for (let row = 0; row < side; row++) {
      const rowOf = (from: number): [number, number] => [
        (from + row * ni) * classes,
        (from + row * ni + side) * classes,
      ]
      const kept = out.slice(...rowOf(one))
      out.copyWithin(rowOf(one)[0], ...rowOf(other))
      out.set(kept, rowOf(other)[0])
    }
  }
  return out
}
