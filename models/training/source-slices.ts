import type { Random } from '../../main/volume/random.ts'
import type { TrainingConfig } from './config.ts'
import { RenderedScans } from './rendered.ts'
import type { Rendered } from './rendered.ts'

/** Training scans that companions are trained on; of 24 slices each. */
const scans = 24

/** Normalised slices of the source domain and their labels, [slice][j][i]. */
export type SourceSlices = {
  readonly ni: number
  readonly nj: number
  readonly count: number
  readonly images: Float32Array
  readonly labels: Uint8Array
}

/** The first scans that the model itself was trained on. */
export async function renderSlices(config: TrainingConfig): Promise<SourceSlices> {
  const [ni, nj] = config.slice
  const size = ni * nj * config.slicesPerVolume
  const [images, labels] = [new Float32Array(scans * size), new Uint8Array(scans * size)]
  const rendered = new RenderedScans(config, 0)
  try {
    for (let n = 0; n < scans; n++) {
      const scan: Rendered = await rendered.next()
      images.set(scan.images, n * size)
      labels.set(scan.labels, n * size)
    }
  } finally {
    await rendered.close()
  }
  return { ni, nj, count: scans * config.slicesPerVolume, images, labels }
}

/** `n` slices, drawn at random. */
export function drawSlices(slices: SourceSlices, n: number, random: Random): SourceSlices {
  const size = slices.ni * slices.nj
  const [images, labels] = [new Float32Array(n * size), new Uint8Array(n * size)]
  for (let to = 0; to < n; to++) {
    const from = random.integer(slices.count) * size
    images.set(slices.images.subarray(from, from + size), to * size)
    labels.set(slices.labels.subarray(from, from + size), to * size)
  }
  return { ...slices, count: n, images, labels }
}

export function sliceAt(slices: SourceSlices, n: number): SourceSlices {
  const size = slices.ni * slices.nj
  const [from, to] = [n * size, (n + 1) * size]
  return { ...slices, count: 1, images: slices.images.subarray(from, to), labels: slices.labels.subarray(from, to) }
}
