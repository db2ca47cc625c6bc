import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { EngineName } from './engine.ts'
import { locate } from './files.ts'

type Training = { losses: number[]; gradients: number[][]; weights: number[][]; leaked: number }

async function train(engine: EngineName): Promise<Training> {
  const script = fileURLToPath(new URL('./testing/unet-training.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, engine])
  // TensorFlow and tfjs like to talk; a command's messages are its own.
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Training
}

/** Largest difference, relative to the largest value of each tensor. */
const difference = (a: number[][], b: number[][]): number =>
  Math.max(
    ...a.map((values, n) => {
      const largest = Math.max(...values.map(Math.abs))
      return Math.max(...values.map((value, k) => Math.abs(value - b[n]![k]!))) / largest
    }),
  )

const hasCpu = 'folder' in locate('cpu')

describe('training a little U-Net', () => {
  it('works on wasm: the loss falls, no tensor is left', async () => {
    const { losses, leaked } = await train('wasm')
    expect(losses[2]).toBeLessThan(losses[0]!)
    expect(leaked).toBe(0)
  })

  it.skipIf(!hasCpu)('comes to the same on cpu and wasm (skipped where the cpu engine is not installed)', async () => {
    const [cpu, wasm] = [await train('cpu'), await train('wasm')]
    expect(difference([cpu.losses], [wasm.losses])).toBeLessThan(1e-4)
    expect(difference(cpu.gradients, wasm.gradients)).toBeLessThan(1e-4)
    expect(difference(cpu.weights, wasm.weights)).toBeLessThan(1e-4)
    expect(cpu.leaked).toBe(0)
  })
})
