/** How long a case takes to score: three folded shells of a head's size against the same ones moved. `node bench/evaluate.ts`. */
import { scoreLabels } from '../main/evaluate/case-row.ts'
import type { LabelMap } from '../main/volume/volume.ts'

const shape = [256, 256, 170] as const
const names = ['outer', 'middle', 'inner'].map((name, n) => ({ name, value: n + 1 }))

export type EvaluateBench = {
  readonly shape: readonly number[]
  readonly labels: number
  /** Voxels of the three labels: a head's brain has about as many. */
  readonly foreground: number
  /** First call in the process, and median of the rest. */
  readonly firstMs: number
  readonly medianMs: number
  /** Processor time of one call: what it takes where nothing else runs. */
  readonly cpuMs: number
}

export function benchEvaluate(rounds = 5): EvaluateBench {
  const [prediction, reference] = [folded(1.5), folded(0)]
  const before = process.cpuUsage()
  const times = Array.from({ length: rounds + 1 }, () => {
    const start = performance.now()
    scoreLabels(prediction, reference, names, 1)
    return performance.now() - start
  })
  const { user, system } = process.cpuUsage(before)
  const [first = 0, ...rest] = times.map(Math.round)
  return {
    shape,
    labels: names.length,
    foreground: reference.data.filter((label) => label > 0).length,
    firstMs: first,
    medianMs: rest.sort((a, b) => a - b)[Math.floor(rest.length / 2)]!,
    cpuMs: Math.round((user + system) / 1000 / (rounds + 1)),
  }
}

/** Shells whose surfaces are folded about as much as a cortex; 0.9 x 0.9 x 1 mm. */
function folded(offset: number): LabelMap {
  const [ni, nj, nk] = shape
  const data = new Uint8Array(ni * nj * nk)
  for (let k = 0, n = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++, n++) {
        const [x, y, z] = [(i - 128 - offset) * 0.9, (j - 128) * 0.9, k - 85]
        const fold = 5 * Math.sin(x / 4) * Math.sin(y / 4 + 1) + 3 * Math.sin(z / 4)
        const radius = Math.hypot(x / 1.05, y / 1.25, z / 0.95) + fold
        data[n] = radius > 68 ? 0 : radius > 62 ? 1 : radius > 52 ? 2 : 3
      }
  return { shape, affine: [0.9, 0, 0, -115, 0, 0.9, 0, -115, 0, 0, 1, -85, 0, 0, 0, 1], data }
}

if (import.meta.main) console.log(JSON.stringify(benchEvaluate(), null, 2))
