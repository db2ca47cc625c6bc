import { spacing } from '../volume/affine.ts'
import { percentile } from '../volume/intensity.ts'
import type { Random } from '../volume/random.ts'
import type { Grid, LabelMap, Volume } from '../volume/volume.ts'

/** A way in which a scan can be worse than it is, by steps. */
export type Degradation = {
  readonly title: string
  /** What a level is. */
  readonly unit: string
  /** From mild to severe; the scan as it is comes before them. */
  readonly levels: readonly number[]
  /** The scan at a level. `random` is the same for all levels, so that one level differs from the next in strength alone. */
  readonly apply: (volume: Volume, level: number, random: Random) => Volume
  /** A label map on the degraded scan's grid; absent where the grid stays. */
  readonly applyToLabels?: (labels: LabelMap, level: number) => LabelMap
}

/** The stress test's degradations, in the order of its figure. */
export const degradations = {
  noise: {
    title: 'Noise',
    unit: '% of the bright signal',
    levels: [3, 6, 12, 20],
    apply: (volume, level, random) => withNoise(volume, level / 100, random),
  },
  blur: {
    title: 'Blur within slices',
    unit: 'mm, full width at half maximum',
    levels: [1.5, 3, 4.5, 6],
    apply: (volume, level) => blurred(volume, level),
  },
  bias: {
    title: 'Uneven receive coil',
    unit: 'times brighter at one side',
    levels: [1.5, 2.5, 4, 6],
    apply: (volume, level, random) => withBias(volume, level, random),
  },
  gamma: {
    title: 'Contrast (gamma)',
    unit: 'exponent',
    levels: [0.8, 0.65, 0.5, 0.4],
    apply: (volume, level) => withGamma(volume, level),
  },
  thickness: {
    title: 'Slice thickness',
    unit: 'times as thick',
    levels: [2, 3, 4, 6],
    apply: (volume, level) => thicker(volume, level),
    applyToLabels: (labels, level) => thickerLabels(labels, level),
  },
  scale: {
    title: 'Intensity scale',
    unit: 'times',
    levels: [0.5, 2, 10, 0.01],
    apply: (volume, level) => ({ ...volume, data: volume.data.map((value) => value * level) }),
  },
} as const satisfies Record<string, Degradation>

const bright = ({ data }: Volume): number => percentile(data, 99)

/** Magnitude of the signal with independent Gaussian noise in both channels (Rician); `share` of the 99th percentile. */
export function withNoise(volume: Volume, share: number, random: Random): Volume {
  const sd = share * bright(volume)
  const data = volume.data.map((value) => Math.hypot(value + sd * random.normal(), sd * random.normal()))
  return { ...volume, data }
}

/** Gaussian within slices; edges repeat. */
export function blurred(volume: Volume, fullWidthMm: number): Volume {
  const [mmI, mmJ] = spacing(volume.affine)
  const sigmaMm = fullWidthMm / (2 * Math.sqrt(2 * Math.LN2))
  const [ni] = volume.shape
  return alongAxis(alongAxis(volume, 1, volume.shape[0], sigmaMm / mmI), ni, volume.shape[1], sigmaMm / mmJ)
}

function alongAxis(volume: Volume, stride: number, length: number, sigma: number): Volume {
  const radius = Math.ceil(3 * sigma)
  const weights = Array.from({ length: 2 * radius + 1 }, (_, n) => Math.exp(-0.5 * ((n - radius) / sigma) ** 2))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const data = new Float32Array(volume.data.length)
  for (let n = 0; n < data.length; n++) {
    const at = Math.floor(n / stride) % length
    let sum = 0
    for (let offset = -radius; offset <= radius; offset++) {
      const other = Math.min(Math.max(at + offset, 0), length - 1)
      sum += weights[offset + radius]! * volume.data[n + (other - at) * stride]!
    }
    data[n] = sum / total
  }
  return { ...volume, data }
}

/** exp of a plane across the field of view in a random direction: `ratio` times brighter at one end than at the other. */
export function withBias(volume: Volume, ratio: number, random: Random): Volume {
  const angle = random.uniform(0, 2 * Math.PI)
  const [ni, nj] = volume.shape
  const data = volume.data.map((value, n) => {
    const x =
      ((n % ni) / (ni - 1) - 0.5) * Math.cos(angle) + ((Math.floor(n / ni) % nj) / (nj - 1) - 0.5) * Math.sin(angle)
    return value * ratio ** x
  })
  return { ...volume, data }
}

/** The signal to a power, with the 99th percentile staying where it is; below 0 it stays as it is. */
export function withGamma(volume: Volume, exponent: number): Volume {
  const top = bright(volume)
  return { ...volume, data: volume.data.map((value) => (value > 0 ? top * (value / top) ** exponent : value)) }
}

/** `times` slices averaged into one; what is left over at the end is left out. The affine says where the thick slices lie. */
export function thicker(volume: Volume, times: number): Volume {
  const grid = thickGrid(volume, times)
  const area = volume.shape[0] * volume.shape[1]
  const data = new Float32Array(area * grid.shape[2])
  for (let n = 0; n < data.length; n++) {
    const first = Math.floor(n / area) * times * area + (n % area)
    let sum = 0
    for (let k = 0; k < times; k++) sum += volume.data[first + k * area]!
    data[n] = sum / times
  }
  return { ...grid, data }
}

/** The label that most of the thin slices have; of equally many, the lowest. */
export function thickerLabels(labels: LabelMap, times: number): LabelMap {
  const grid = thickGrid(labels, times)
  const area = labels.shape[0] * labels.shape[1]
  const counts = new Uint8Array(256)
  const data = new Uint8Array(area * grid.shape[2])
  for (let n = 0; n < data.length; n++) {
    const first = Math.floor(n / area) * times * area + (n % area)
    let most = 0
    for (let k = 0; k < times; k++) {
      const label = labels.data[first + k * area]!
      const count = ++counts[label]!
      if (count > counts[most]! || (count === counts[most] && label < most)) most = label
    }
    data[n] = most
    for (let k = 0; k < times; k++) counts[labels.data[first + k * area]!] = 0
  }
  return { ...grid, data }
}

function thickGrid({ shape: [ni, nj, nk], affine }: Grid, times: number): Grid {
  const middle = (times - 1) / 2
  return {
    shape: [ni, nj, Math.floor(nk / times)],
    affine: affine.map((value, n) => {
      if (n % 4 === 2 && n < 12) return value * times
      return n % 4 === 3 && n < 12 ? value + middle * affine[n - 1]! : value
    }),
  }
}
