import type { ModelStudy } from '../../predict/study.ts'

/** The made-up scan of prototype-values.py, and its network that judges each voxel by its intensity alone. */
export const size = 32
export const slices = 4
export const classes = 4
export const source = { means: [-0.4, 0.5, 1.2], air: -1.1 }

/** The generator of prototype-values.py. */
function* noise(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 16807) % 2147483647
    yield state / 2147483647
  }
}

export function sceneImage(): Float32Array {
  const random = noise(7)
  const data = new Float32Array(slices * size * size)
  let at = 0
  for (let z = 0; z < slices; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const radius = Math.hypot(x - 15.5, y - 15.5) + z
        const level = radius < 8 ? 2.4 : radius < 12 ? 1.3 : radius < 14 ? 0.5 : 0
        const bias = 0.3 * (x / 31 - 0.5) + 0.2 * (y / 31) * (z / 3) - 0.1 * (y / 31) ** 2
        data[at++] = level * Math.exp(bias) - 1.3 + 0.15 * (random.next().value - 0.5)
      }
  return data
}

export function sceneStudy(data = sceneImage()): ModelStudy {
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  const shape = [size, size, slices] as const
  return {
    volume: { shape, affine, data },
    valid: [
      [0, size],
      [0, size],
      [0, slices],
    ],
    tissueSlices: Array.from({ length: slices }, (_, k) => k),
    native: { shape, affine },
    normalization: { mean: 0, sd: 1 },
  }
}

/** Probabilities [voxel][class] by intensity. */
export function pointwise(data: Float32Array): Float32Array {
  const out = new Float32Array(data.length * classes)
  data.forEach((value, n) => {
    const weights = [-1.2, -0.4, 0.5, 1.2].map((centre) => Math.exp(-6 * (value - centre) ** 2))
    const total = weights.reduce((a, b) => a + b)
    weights.forEach((weight, c) => (out[n * classes + c] = weight / total))
  })
  return out
}

/** Every 8th voxel along j and i. */
export function sampled(data: ArrayLike<number>): number[] {
  return Array.from(data).filter((_, n) => n % 8 === 0 && Math.floor(n / size) % 8 === 0)
}
