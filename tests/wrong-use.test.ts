/** What a user can do wrong, as a user does it: each ends in a sentence, or in the source mask, never in a bad mask kept. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { memoryNeeded } from '../main/app/model-study.ts'
import { saveModel } from '../main/model/files.ts'
import { readRun } from '../main/runs/files.ts'
import { startEngine } from '../main/engine/pick-files.ts'
import { writeNifti } from '../main/volume/nifti.ts'
import type { Volume } from '../main/volume/volume.ts'
import { createRandom } from '../main/volume/random.ts'
import { freshFolder, scanbridge } from './command-line.ts'
import type { Finished } from './command-line.ts'
import { classes, head, size, tinyCard, trainedModel, untrainedModel } from './tiny/world.ts'
import type { Scanner } from './tiny/world.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)

/** Another scanner than that of the training, but one that the model copes with: there is something to lose. */
const nearScanner: Scanner = { levels: [0, 0.36, 0.66, 1], coil: 0.2, noise: 0.03 }

/** A head as a scanner stores it, and its labels. */
function scanOf(depth: number): { volume: Volume; truth: Volume } {
  const { study, labels } = head(nearScanner, createRandom(5), depth)
  const { volume } = study
  const air = Math.min(...volume.data)
  return {
    volume: { ...volume, data: volume.data.map((value) => 200 * (value - air)) },
    truth: { ...volume, data: Float32Array.from(labels) },
  }
}

const { volume, truth } = scanOf(12)
const random = createRandom(1)
const noise = (sd: number): number => Math.hypot(sd * random.normal(), sd * random.normal())
const sliceOf = (voxel: number): number => Math.floor(voxel / size ** 2)

/** Scans that a hospital's archive holds too. */
const scans = {
  head: volume,
  truth,
  'one slice': scanOf(1).volume,
  'one line': { ...volume, shape: [size, 1, 12], data: volume.data.slice(0, 12 * size) },
  empty: { ...volume, data: new Float32Array(volume.data.length) },
  noise: { ...volume, data: volume.data.map(() => noise(20)) },
  'one bright voxel': { ...volume, data: volume.data.map((_, n) => (n === 9000 ? 1000 : 0)) },
  'nearly all air': { ...volume, data: volume.data.map((value, n) => (sliceOf(n) < 10 ? noise(3) : value)) },
  'not numbers': { ...volume, data: volume.data.map((value, n) => (n % 500 === 0 ? NaN : value)) },
} as const satisfies Record<string, Volume>
const scan = (name: keyof typeof scans): string => at(`${name}.nii.gz`)

let runs = 0
type Adapted = Finished & { readonly folder: string }
async function adapt(name: keyof typeof scans, ...more: string[]): Promise<Adapted> {
  const folder = at(`run-${runs++}`)
  return { ...(await scanbridge(['adapt', scan(name), '--model', at('tiny'), '--out', folder, ...more])), folder }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Mean Dice with the truth, before and of what is kept. */
async function diceOf(folder: string): Promise<{ before: number; kept: number; verdict: string }> {
  const { record } = await readRun(folder)
  const { before, kept } = record.reference!
  const dice = (of: typeof before): number => mean(Object.values(of).map((one) => one.dice ?? 0))
  return { before: dice(before), kept: dice(kept!), verdict: record.guard.verdict }
}

beforeAll(async () => {
  await startEngine()
  const model = trainedModel()
  await saveModel(at('tiny'), { graph: model.toGraph(), card: model.card })
  model.dispose()
  for (const [name, one] of Object.entries(scans)) writeFileSync(at(`${name}.nii.gz`), writeNifti(one))
})

test.each([
  ['rotation', 'a head that tells how far a slice was turned (rotation.onnx)'],
  ['restoration', 'a head that restores hidden parts of a slice (restoration.onnx)'],
  ['shape-prior', 'a denoising autoencoder of its masks (shape-prior.onnx)'],
  ['contrastive', "its card holds no prototypes of its classes' features", '--set', 'prototypes=source'],
])('%s without what it needs is refused, with what is missing', async (method, missing, ...options) => {
  const { code, stderr } = await adapt('head', '--method', method, ...options)
  expect(code).toBe(3)
  expect(stderr).toContain(missing)
})

test('a learning rate beyond all reason is refused, with the range', async () => {
  const { code, stderr } = await adapt('head', '--lr', '1e6')
  expect(code).toBe(2)
  expect(stderr).toContain('learningRate=1000000 is not a number from 1e-7 to 0.1')
})

test.each([
  ['tent', 'entropy=plain'],
  ['consistency', 'gate=1'],
  ['memo', 'steps=20'],
  ['pseudo-labels', 'scope=all'],
  ['eata', 'optimizer=sgd'],
  ['dltta', 'steps=20'],
])(
  'the highest learning rate that %s takes, for many steps, leaves no mask worse than it was',
  async (method, option) => {
    const worst = ['--lr', '0.1', '--steps', '20', '--set', option, '--reference', scan('truth')]
    const { code, folder } = await adapt('head', '--method', method, ...worst)
    const { before, kept, verdict } = await diceOf(folder)
    expect(code).toBe(verdict === 'rolled-back' ? 4 : 0)
    expect(before).toBeGreaterThan(0.9)
    expect(kept).toBeGreaterThan(before - 0.01)
  },
  20_000,
)

test('weights that are no numbers are refused, with where', async () => {
  const model = untrainedModel()
  const graph = model.toGraph()
  const bias = graph.initializers.get('head.bias')!
  const broken = { ...bias, data: new Float32Array(classes).fill(NaN) }
  const initializers = new Map(graph.initializers).set('head.bias', broken)
  await saveModel(at('broken'), { graph: { ...graph, initializers }, card: tinyCard })
  const { code, stderr } = await scanbridge(['adapt', scan('head'), '--model', at('broken'), '--out', at('broken-run')])
  expect(code).toBe(3)
  expect(stderr).toContain('head.bias')
  expect(stderr).toContain('NaN')
  model.dispose()
})

test('weights other than those of the card are refused', async () => {
  mkdirSync(at('changed'))
  const bytes = readFileSync(at('tiny', 'model.onnx'))
  bytes[bytes.length - 200]! ^= 1
  writeFileSync(at('changed', 'model.onnx'), bytes)
  writeFileSync(at('changed', 'model.json'), readFileSync(at('tiny', 'model.json')))
  const { code, stderr } = await scanbridge(['adapt', scan('head'), '--model', at('changed'), '--out', at('no-run')])
  expect(code).toBe(3)
  expect(stderr).toContain('is not what model.json was written for')
})

test('an empty scan is refused', async () => {
  const { code, stderr } = await adapt('empty')
  expect(code).toBe(3)
  expect(stderr).toContain('all its voxels have the same value')
})

test('a single sagittal slice of what the model sees in axial ones is refused', async () => {
  for (const command of ['adapt', 'segment']) {
    const args = [command, scan('one line'), '--model', at('tiny'), '--out', at('line')]
    const { code, stderr } = await scanbridge(args)
    expect(code).toBe(3)
    expect(stderr).toMatch(/in the planes that the model looks at it is only \d+ x 1 pixels/)
  }
})

test.each(['noise', 'one bright voxel'] as const)('%s: nothing is adapted, and it says why', async (name) => {
  for (const method of ['consistency', 'tent', 'norm']) {
    const { folder } = await adapt(name, '--method', method)
    const { record } = await readRun(folder)
    expect(record).toMatchObject({ kept: 'source' })
    expect(record.guard.reasons.join(' ')).toMatch(/No slice of the scan shows tissue|in no training scan/)
  }
})

test.each(['one slice', 'nearly all air', 'not numbers'] as const)(
  '%s: what is kept is a mask of the labels, no worse than it was',
  async (name) => {
    for (const method of ['consistency', 'tent', 'norm']) {
      const reference = name === 'not numbers' ? ['--reference', scan('truth')] : []
      const { folder, stderr, code } = await adapt(name, '--method', method, ...reference)
      expect(`${stderr} ${code}`).toMatch(/ [04]$/)
      const { record } = await readRun(folder)
      for (const { before, kept } of Object.values(record.volumes)) {
        expect(kept).toBeGreaterThan(0.7 * before)
        expect(kept).toBeLessThan(1.5 * before)
      }
      if (reference.length === 0) continue
      const dice = await diceOf(folder)
      // The guard of a model without calibration looks for collapse; hundredths are beyond it.
      expect(dice.kept).toBeGreaterThan(dice.before - 0.02)
    }
  },
)

test('a file that claims more voxels than it has is refused before memory is taken for them', async () => {
  const claims = writeNifti({ ...volume, data: volume.data })
  const { gunzipSync } = await import('node:zlib')
  const bytes = new Uint8Array(gunzipSync(claims))
  const header = new DataView(bytes.buffer)
  for (const offset of [42, 44, 46]) header.setInt16(offset, 20_000, true)
  writeFileSync(at('claims.nii'), bytes)
  const { code, stderr } = await scanbridge(['adapt', at('claims.nii'), '--model', at('tiny'), '--out', at('c')])
  expect(code).toBe(3)
  expect(stderr).toContain('claims.nii cannot be used')
})

test('a scan that does not fit into memory is refused before the work begins', async () => {
  process.env['SCANBRIDGE_MEMORY_GB'] = '0.5'
  try {
    for (const command of ['adapt', 'segment']) {
      const { code, stderr } = await scanbridge([command, scan('head'), '--model', at('tiny'), '--out', at('short')])
      expect(code).toBe(1)
      expect(stderr).toContain('A scan of 48 x 48 x 12 voxels takes about 1.0 GB of memory, and 0.5 GB are free.')
    }
  } finally {
    delete process.env['SCANBRIDGE_MEMORY_GB']
  }
})

test('a scan of 256 x 256 x 170 fits into 4 GB, one of 512 x 512 x 600 takes more', () => {
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  const model = { card: tinyCard }
  expect(memoryNeeded({ shape: [256, 256, 170], affine }, model)).toBeLessThan(4e9)
  expect(memoryNeeded({ shape: [512, 512, 600], affine }, model)).toBeGreaterThan(8e9)
})
