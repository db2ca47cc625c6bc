import type { Random } from '../volume/random.ts'

/** How one slice's intensities are changed; every field has a value that does nothing. */
export type IntensityChange = {
  /** Exponent on the range from the darkest value to the brightest. 1. */
  readonly gamma: number
  /** Contrast. 1. */
  readonly scale: number
  /** Brightness, in sd of the foreground. 0. */
  readonly offset: number
  /** Logarithm of a smooth field at a 3 x 3 grid of knots over the slice, row by row. Zeros. */
  readonly logBias: readonly number[]
  /** Standard deviation of added white noise. 0. */
  readonly noise: number
  /** Standard deviation of a Gaussian blur in pixels. 0. */
  readonly blurPixels: number
}

export const unchanged: IntensityChange = {
  gamma: 1,
  scale: 1,
  offset: 0,
  logBias: [0, 0, 0, 0, 0, 0, 0, 0, 0],
  noise: 0,
  blurPixels: 0,
}

/** A random change; strength 1 is the prototype's: gamma and contrast within 20 and 10 %, field 12 %, noise up to .08. */
export function drawIntensityChange(random: Random, strength: number, blurPixels = 0): IntensityChange {
  const around = (reach: number): number => random.uniform(-reach, reach) * strength
  return {
    gamma: 1 + around(0.2),
    scale: 1 + around(0.1),
    offset: around(0.1),
    logBias: Array.from({ length: 9 }, () => 0.12 * strength * random.normal()),
    noise: 0.08 * strength * random.next(),
    blurPixels: blurPixels * random.next(),
  }
}

/** Values at n places of the quadratic through three knots at the ends and the middle: weights [place][knot]. */
function quadratic(n: number): Float64Array {
  const weights = new Float64Array(n * 3)
  for (let place = 0; place < n; place++) {
    const x = n === 1 ? 0 : (2 * place) / (n - 1) - 1
    weights.set([(x * (x - 1)) / 2, 1 - x * x, (x * (x + 1)) / 2], place * 3)
  }
  return weights
}

function blur(data: Float32Array, ni: number, nj: number, sigma: number): Float32Array {
  const reach = Math.ceil(3 * sigma)
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, n) => Math.exp(-0.5 * ((n - reach) / sigma) ** 2))
  const total = kernel.reduce((a, b) => a + b)
  const along = (from: Float32Array, count: number, step: number, other: number, otherStep: number): Float32Array => {
    const to = new Float32Array(from.length)
    for (let line = 0; line < other; line++)
      for (let n = 0; n < count; n++) {
        let sum = 0
        for (let d = -reach; d <= reach; d++) {
          const at = Math.min(Math.max(n + d, 0), count - 1)
          sum += kernel[d + reach]! * from[line * otherStep + at * step]!
        }
        to[line * otherStep + n * step] = sum / total
      }
    return to
  }
  return along(along(data, ni, 1, nj, ni), nj, ni, ni, 1)
}

/** The range that gamma works on: darkest value, and the 99th percentile above it, over a batch. */
export type IntensityRange = { readonly low: number; readonly top: number }

/** The top from every 7th value, which is plenty and quick. */
export function intensityRange(data: Float32Array): IntensityRange {
  const some = data.filter((_, n) => n % 7 === 0).sort()
  const low = data.reduce((least, value) => Math.min(least, value), Infinity)
  return { low, top: Math.max(some[Math.floor(0.99 * (some.length - 1))]! - low, 1e-3) }
}

/** A slice [nj][ni] with its intensities changed; in a new array. random: for the noise only. */
export function changeIntensity(
  slice: Float32Array,
  ni: number,
  change: IntensityChange,
  { low, top }: IntensityRange,
  random: Random,
): Float32Array {
  const nj = slice.length / ni
  const out = new Float32Array(slice.length)
  const [alongI, alongJ] = [quadratic(ni), quadratic(nj)]
  for (let j = 0; j < nj; j++) {
    const knots = [0, 1, 2].map((column) =>
      [0, 1, 2].reduce((sum, row) => sum + alongJ[j * 3 + row]! * change.logBias[row * 3 + column]!, 0),
    )
    for (let i = 0; i < ni; i++) {
      const at = j * ni + i
      const logBias = alongI[i * 3]! * knots[0]! + alongI[i * 3 + 1]! * knots[1]! + alongI[i * 3 + 2]! * knots[2]!
      const relative = Math.max((slice[at]! - low) / top, 1e-3)
      out[at] = relative ** change.gamma * top * change.scale * Math.exp(logBias) + low + change.offset
    }
  }
  const smooth = change.blurPixels > 0.1 ? blur(out, ni, nj, change.blurPixels) : out
  if (change.noise > 0) for (let at = 0; at < smooth.length; at++) smooth[at]! += change.noise * random.normal()
  return smooth
}
