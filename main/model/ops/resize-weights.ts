/** How one axis of a picture is sampled anew: for each new position, which old ones count how much. */
export type AxisSampling = {
  readonly mode: string
  readonly coordinates: string
  readonly nearest: string
  readonly cubic: number
  readonly excludesOutside: boolean
}

/** [out][in] weights of a new position's value, each row with the sum 1. Positions beyond the ends take the end's value.
 *  `scale` is the one that was asked for, which need not be out / in. Undefined for a mode that the standard does not
 *  have. Formulas: operator page Resize of the ONNX standard. */
export function resizeWeights(
  size: number,
  out: number,
  scale: number,
  sampling: AxisSampling,
): Float32Array | undefined {
  const weights = new Float32Array(size * out)
  for (let to = 0; to < out; to++) {
    const from = sourceCoordinate(to, size, out, scale, sampling.coordinates)
    const taps = from === undefined ? undefined : tapsAt(from, size, sampling)
    if (!taps) return undefined
    for (const [index, weight] of taps) weights[to * size + Math.min(Math.max(index, 0), size - 1)]! += weight
  }
  return weights
}

function sourceCoordinate(
  to: number,
  size: number,
  out: number,
  scale: number,
  coordinates: string,
): number | undefined {
  switch (coordinates) {
    case 'half_pixel':
      return (to + 0.5) / scale - 0.5
    case 'half_pixel_symmetric': {
      const adjustment = out / (scale * size)
      const center = size / 2
      return center * (1 - adjustment) + (to + 0.5) / scale - 0.5
    }
    case 'pytorch_half_pixel':
      return out > 1 ? (to + 0.5) / scale - 0.5 : 0
    case 'align_corners':
      return out > 1 ? (to * (size - 1)) / (out - 1) : 0
    case 'asymmetric':
      return to / scale
    default:
      return undefined
  }
}

type Taps = readonly (readonly [number, number])[]

function tapsAt(x: number, size: number, { mode, nearest, cubic, excludesOutside }: AxisSampling): Taps | undefined {
  if (mode === 'nearest') {
    const index = nearestIndex(x, nearest)
    return index === undefined ? undefined : [[index, 1]]
  }
  const floor = Math.floor(x)
  const t = x - floor
  const taps: Taps | undefined =
    mode === 'linear'
      ? [
          [floor, 1 - t],
          [floor + 1, t],
        ]
      : mode === 'cubic'
        ? cubicTaps(floor, t, cubic)
        : undefined
  if (!taps || !excludesOutside) return taps
  const inside = taps.filter(([index]) => index >= 0 && index < size)
  const sum = inside.reduce((total, [, weight]) => total + weight, 0)
  return inside.map(([index, weight]) => [index, weight / sum])
}

function nearestIndex(x: number, mode: string): number | undefined {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5)
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5)
    case 'floor':
      return Math.floor(x)
    case 'ceil':
      return Math.ceil(x)
    default:
      return undefined
  }
}

/** Keys, Cubic convolution interpolation, 1981, with the free parameter a. */
function cubicTaps(floor: number, t: number, a: number): Taps {
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
  return [
    [floor - 1, far(t + 1)],
    [floor, near(t)],
    [floor + 1, near(1 - t)],
    [floor + 2, far(2 - t)],
  ]
}
