import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { beforeAll, expect, test } from 'vitest'
import { writeDicom } from '../../fixtures/dicom-writer.ts'
import { presets } from '../../fixtures/presets.ts'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import { createRandom } from '../volume/random.ts'
import { writeNifti } from '../volume/nifti.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(at(name), bytes)
  return at(name)
}
const { volume, truth } = ballScan()
const scan = writeNifti(volume)
/** The header of a NIfTI file with one field changed (offsets of NIfTI-1). */
const withHeader = (change: (header: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(gunzipSync(scan))
  change(new DataView(bytes.buffer))
  return gzipSync(bytes)
}
const slices = writeDicom(volume, {
  equipment: presets.source.equipment,
  sequence: presets.source.sequence(createRandom(1)),
  subject: 5000,
  sliceThicknessMm: 3,
})
const folderOf = (name: string, files: readonly { name: string; bytes: Uint8Array }[]): string => {
  mkdirSync(at(name))
  for (const file of files) writeFileSync(at(name, file.name), file.bytes)
  return at(name)
}

let count = 0
const out = (): string => at(`out-${count++}`)
const adapt = (path: string, ...more: string[]): string[] => [
  'adapt',
  path,
  '--model',
  'threshold',
  '--method',
  'source',
  '--out',
  out(),
  ...more,
]

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = at('models')
  await saveThresholdModel(at('models', 'threshold'))
  put('scan.nii.gz', scan)
})

/** What is given; the arguments; the exit code; what stderr says of it. The table in docs/bad-input.md follows this one. */
const table: readonly [what: string, args: () => string[], code: number, says: string][] = [
  // What is to be read.
  ['a path where nothing is', () => adapt(at('nowhere')), 3, 'There is nothing to read at'],
  ['an empty folder', () => adapt(folderOf('empty', [])), 3, 'it is an empty folder'],
  [
    'a folder without a scan',
    () => adapt(folderOf('texts', [{ name: 'a.txt', bytes: Buffer.from('hello') }])),
    3,
    'it is not a DICOM file',
  ],
  ['a text file', () => adapt(put('notes.txt', 'hello')), 3, 'notes.txt cannot be used'],
  ['an empty file', () => adapt(put('nothing.dcm', '')), 3, 'nothing.dcm cannot be used'],
  [
    'a NIfTI file that was cut off',
    () => adapt(put('cut.nii.gz', scan.subarray(0, scan.length / 2))),
    3,
    'cut.nii.gz cannot be used',
  ],
  [
    'a NIfTI file with absurd dimensions',
    () =>
      adapt(
        put(
          'vast.nii.gz',
          withHeader((h) => [42, 44, 46].forEach((o) => h.setInt16(o, 32767, true))),
        ),
      ),
    3,
    'vast.nii.gz cannot be used',
  ],
  [
    'a NIfTI file that does not say where it lies',
    () =>
      adapt(
        put(
          'lost.nii.gz',
          withHeader((h) => [252, 254].forEach((o) => h.setInt16(o, 0, true))),
        ),
      ),
    3,
    'lost.nii.gz cannot be used',
  ],
  [
    'a DICOM file that was cut off',
    () => adapt(put('cut.dcm', slices[0]!.bytes.subarray(0, 1000))),
    3,
    'cut.dcm cannot be used',
  ],
  [
    'DICOM slices with one missing',
    () =>
      adapt(
        folderOf(
          'gap',
          slices.filter((_, n) => n !== 20),
        ),
      ),
    3,
    'gap cannot be used',
  ],
  [
    'a ZIP with nothing of use',
    () => adapt(put('texts.zip', zipSync({ 'a.txt': Buffer.from('hello') }))),
    3,
    'texts.zip cannot be used',
  ],
  [
    'a ZIP that was cut off',
    () => adapt(put('cut.zip', zipSync({ 'a.dcm': slices[0]!.bytes }).subarray(0, 2000))),
    3,
    'cut.zip cannot be used',
  ],
  ['a series that is not there', () => adapt(at('scan.nii.gz'), '--series', '99'), 3, 'holds no series 99'],
  [
    'a scan without anything in it',
    () => adapt(put('zero.nii.gz', writeNifti({ ...volume, data: new Float32Array(volume.data.length) }))),
    3,
    'all its voxels have the same value',
  ],
  // The mask to compare with.
  [
    'a reference that is not there',
    () => adapt(at('scan.nii.gz'), '--reference', at('nowhere.nii.gz')),
    3,
    'nowhere.nii.gz',
  ],
  [
    'a reference that is no mask',
    () => adapt(at('scan.nii.gz'), '--reference', put('ref.txt', 'x'.repeat(600))),
    3,
    'neither NIfTI nor DICOM SEG',
  ],
  [
    'a reference with voxels that are no labels',
    () => adapt(at('scan.nii.gz'), '--reference', at('scan.nii.gz')),
    3,
    'scan.nii.gz cannot be used',
  ],
  [
    'a reference that is an image, not a segmentation',
    () => adapt(at('scan.nii.gz'), '--reference', put('image.dcm', slices[0]!.bytes)),
    3,
    'image.dcm cannot be used',
  ],
  // The model and the method.
  ['a model that is not there', () => [...adapt(at('scan.nii.gz')), '--model', 'no-such-model'], 3, 'no-such-model'],
  [
    'a model whose weights are not those of its card',
    () => {
      cpSync(at('models', 'threshold'), at('changed'), { recursive: true })
      const bytes = readFileSync(at('changed', 'model.onnx'))
      bytes[bytes.length - 20]! ^= 1
      writeFileSync(at('changed', 'model.onnx'), bytes)
      return [...adapt(at('scan.nii.gz')), '--model', at('changed')]
    },
    3,
    'is not what model.json was written for',
  ],
  [
    'a card that is not JSON',
    () => {
      cpSync(at('models', 'threshold'), at('uncarded'), { recursive: true })
      writeFileSync(at('uncarded', 'model.json'), '{')
      return [...adapt(at('scan.nii.gz')), '--model', at('uncarded')]
    },
    3,
    'it is not JSON',
  ],
  [
    'a method that is not there',
    () => [...adapt(at('scan.nii.gz')), '--method', 'magic'],
    2,
    'There is no method magic. Choose one of: source,',
  ],
  [
    'an option that the method has not',
    () => [...adapt(at('scan.nii.gz')), '--lr', '0.1'],
    2,
    'has no option learningRate',
  ],
  [
    'an option out of its range',
    () => [...adapt(at('scan.nii.gz')), '--method', 'tent', '--set', 'alpha=2'],
    2,
    'alpha=2 is not a number from 0 to 1',
  ],
  ['--set without a value', () => adapt(at('scan.nii.gz'), '--set', 'alpha'), 2, 'Write --set key=value.'],
  ['a number that is none', () => adapt(at('scan.nii.gz'), '--seed', 'x'), 2, "'--seed <n>' argument 'x' is invalid"],
  // Where the result goes.
  ['no --out', () => ['adapt', at('scan.nii.gz')], 2, "Required option '--out <run>' not specified"],
  [
    'a folder that holds a run',
    () => ['adapt', at('scan.nii.gz'), '--model', 'threshold', '--method', 'source', '--out', at('run')],
    2,
    'already holds a run',
  ],
  [
    'a folder that holds something else',
    () => ['adapt', at('scan.nii.gz'), '--model', 'threshold', '--out', at('models')],
    2,
    'is not empty',
  ],
  [
    'a file in the place of the folder',
    () => ['adapt', at('scan.nii.gz'), '--model', 'threshold', '--out', at('scan.nii.gz')],
    1,
    'a file is in the way',
  ],
  [
    'a file that is there already',
    () => ['convert', at('scan.nii.gz'), '--series', 'nifti', '--out', at('scan.nii.gz')],
    2,
    'is there already',
  ],
  // Runs.
  ['a run that is none', () => ['rollback', at('models')], 3, 'there is no run.json in it'],
  [
    'a run.json that is damaged',
    () => ['report', folderOf('damaged', [{ name: 'run.json', bytes: Buffer.from('{"schema":') }])],
    3,
    'run.json is damaged',
  ],
  ['a step that is not there', () => ['rollback', at('run'), '--to', '9'], 3, 'it has no step 9'],
  [
    'a checkpoint that is damaged',
    () => {
      cpSync(at('run'), at('broken'), { recursive: true })
      writeFileSync(at('broken', 'checkpoints', '0001.safetensors'), 'x')
      return ['models', 'export', at('broken'), '--step', '1', '--out', at('adapted.onnx')]
    },
    3,
    '0001.safetensors is damaged',
  ],
  [
    'a report format that is not there',
    () => ['report', at('run'), '--format', 'docx'],
    2,
    'There is no report format docx',
  ],
  ['a command that is not there', () => ['adpt'], 2, "Unknown command 'adpt'"],
  [
    'a simulated scanner that is not there',
    () => ['simulate', '--scanner', 'mri', '--out', at('sim')],
    2,
    'There is no simulated scanner mri',
  ],
]

test('a good scan is taken, so that what follows is refused for what it is', async () => {
  const { code } = await scanbridge([
    'adapt',
    at('scan.nii.gz'),
    '--model',
    'threshold',
    '--method',
    'source',
    '--reference',
    put('truth.nii.gz', writeNifti(truth)),
    '--out',
    at('run'),
  ])
  expect(code).toBe(0)
})

test.each(table)('%s', async (_, args, code, says) => {
  const given = args()
  const { stdout, ...told } = await scanbridge([...given, '--json'])
  expect(told).toEqual({ code, stderr: expect.stringContaining(says) as string })
  // One sentence and a remedy in one line, the same as JSON, and no stack.
  expect(told.stderr.trimEnd()).not.toContain('\n')
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; remedy: string } }
  expect(told.stderr).toBe(`${error.message} ${error.remedy}\n`)
  expect(error.remedy).not.toBe('')
  expect(error.code).not.toBe('internal')
})

test('the documentation lists every one of them', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/bad-input.md'), 'utf8')
  for (const [what, , code] of table)
    expect(page).toMatch(new RegExp(`\\| ${what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')} \\|.*\\| ${code} \\|`, 'i'))
})
