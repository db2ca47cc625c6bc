import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { deflateSync, zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import { pixels16, slice, writeDicom } from '../../tests/write-dicom.ts'
import { identity } from '../volume/affine.ts'
import { writeNifti } from '../volume/nifti.ts'
import { findInstances } from './files.ts'
import { collectSeries } from './series.ts'
import { toVolume } from './to-volume.ts'

const root = mkdtempSync(join(tmpdir(), 'scanbridge-dicom-'))
afterAll(() => rmSync(root, { recursive: true }))

let folders = 0
function folderOf(files: Record<string, Uint8Array | string>): string {
  const folder = join(root, String(folders++))
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  return folder
}
function zipOf(files: Record<string, Uint8Array>): string {
  const path = join(root, `${folders++}.zip`)
  writeFileSync(path, zipSync(files))
  return path
}
const slices = Object.fromEntries([0, 3, 6].map((z) => [`IM${z}`, writeDicom(slice(z, z))]))

async function firstValues(path: string): Promise<number[]> {
  const found = await findInstances(path)
  const { volume } = await toVolume(collectSeries(found.instances)[0]!.volumes[0]!, (instance) => found.read(instance))
  return [0, 1, 2].map((k) => volume.data[12 * k]!)
}

describe('a folder', () => {
  it('is searched through, junk is listed with its reason, names need no ending', async () => {
    const folder = folderOf({
      ...Object.fromEntries(Object.entries(slices).map(([name, bytes]) => [`a/b/${name}`, bytes])),
      'notes.txt': 'hello',
      empty: '',
      'inner.zip': zipSync({ a: slices.IM0! }),
      'mask.nii': writeNifti({ shape: [1, 1, 1], affine: identity, data: Uint8Array.of(1) }, { gzip: false }),
      'cut.dcm': slices.IM0!.subarray(0, -3),
    })
    const { instances, rejected } = await findInstances(folder)
    expect(instances.map(({ file }) => file)).toEqual(['a/b/IM0', 'a/b/IM3', 'a/b/IM6'])
    expect(rejected).toEqual([
      { file: 'cut.dcm', reason: 'it is cut off: 21 of 24 bytes of its pixels are there' },
      { file: 'empty', reason: 'it is empty' },
      { file: 'inner.zip', reason: 'it is a ZIP within what was opened; open it by itself' },
      { file: 'mask.nii', reason: 'it is a NIfTI file within what was opened; open it by itself' },
      { file: 'notes.txt', reason: 'it is not a DICOM file' },
    ])
    expect(await firstValues(folder)).toEqual([0, 3, 6])
  })

  it('is left where links run in circles', async () => {
    const folder = folderOf(slices)
    symlinkSync(folder, join(folder, 'self'))
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'))
    expect((await findInstances(folder)).instances).toHaveLength(3)
  })

  it('can be left half-way', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const many = folderOf(Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`${n}`, writeDicom(slice(n, n))])))
    await expect(findInstances(many, { signal })).rejects.toThrow('enough')
  })
})

describe('a header longer than what is read first', () => {
  it.each([100_000, 2_000_000])('of %i bytes', async (length) => {
    const long = writeDicom(slice(0, 4, { SiemensImageHeader: new Uint8Array(length) }))
    const found = await findInstances(folderOf({ long }))
    expect(found.rejected).toEqual([])
    const { volume } = await toVolume(collectSeries(found.instances)[0]!.volumes[0]!, (instance) =>
      found.read(instance),
    )
    expect(volume.data[0]).toBe(4)
  })
})

it('reads a deflated file, and refuses one that is damaged', async () => {
  const file = writeDicom(slice(0, 9))
  const meta = writeDicom({ TransferSyntaxUID: '1.2.840.10008.1.2.1.99' })
  const start = writeDicom({}).length
  const packed = new Uint8Array([...meta, ...deflateSync(file.subarray(start))])
  const found = await findInstances(folderOf({ packed, broken: packed.subarray(0, packed.length - 40) }))
  expect(found.rejected.map((one) => one.file)).toEqual(['broken'])
  const [{ volumes }] = collectSeries(found.instances) as [ReturnType<typeof collectSeries>[number]]
  expect((await toVolume(volumes[0]!, (instance) => found.read(instance))).volume.data[0]).toBe(9)
})

describe('a ZIP', () => {
  it('is read like a folder', async () => {
    const path = zipOf({
      'study/a': slices.IM3!,
      'study/b': slices.IM0!,
      c: slices.IM6!,
      'readme.md': new Uint8Array([35]),
    })
    expect(await firstValues(path)).toEqual([0, 3, 6])
    expect((await findInstances(path)).rejected).toEqual([{ file: 'readme.md', reason: 'it is not a DICOM file' }])
  })

  it.each(['../escape.dcm', '/absolute.dcm', 'C:/drive.dcm'])('is not left by %s', async (name) => {
    const { instances, rejected } = await findInstances(zipOf({ ...slices, [name]: slices.IM0! }))
    expect(instances).toHaveLength(3)
    expect(rejected).toEqual([{ file: name, reason: 'its name leads out of the ZIP' }])
  })

  it('that inflates to very much is refused before it does', async () => {
    const { rejected } = await findInstances(zipOf({ ...slices, bomb: new Uint8Array(60 * 2 ** 20) }))
    expect(rejected).toEqual([{ file: 'bomb', reason: 'it would inflate to 60 MiB from almost nothing' }])
  })

  it('whose entry is longer than it says gives no more than it said', async () => {
    const path = zipOf({ a: writeDicom(slice(0, 0, { SiemensImageHeader: new Uint8Array(5000) })) })
    const bytes = readFileSync(path)
    const directory = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    bytes.writeUInt32LE(200, directory + 24)
    writeFileSync(path, bytes)
    expect((await findInstances(path)).instances).toEqual([])
  })

  it('that is damaged is refused', async () => {
    const path = zipOf(slices)
    writeFileSync(path, readFileSync(path).subarray(0, -30))
    await expect(findInstances(path)).rejects.toThrow('it is a damaged ZIP')
  })
})

describe('a DICOMDIR', () => {
  const directory = (...files: string[][]): Uint8Array =>
    writeDicom({
      SOPClassUID: '1.2.840.10008.1.3.10',
      DirectoryRecordSequence: files.map((file) => ({ DirectoryRecordType: 'IMAGE', ReferencedFileID: file })),
    })

  it('names the files that are read, whatever the case of their names; what is not there is listed', async () => {
    const folder = folderOf({
      DICOMDIR: directory(['PAT', 'IM0'], ['PAT', 'IM3'], ['PAT', 'IM6'], ['PAT', 'IM6'], ['PAT', 'GONE']),
      'pat/im0': slices.IM0!,
      'pat/im3.dcm': slices.IM3!,
      'pat/IM6': slices.IM6!,
      'pat/other': writeDicom(slice(9, 9)),
    })
    const found = await findInstances(join(folder, 'DICOMDIR'))
    expect(found.instances).toHaveLength(3)
    expect(found.rejected).toEqual([{ file: 'PAT/GONE', reason: 'the DICOMDIR names it, but it is not there' }])
    expect(await firstValues(join(folder, 'DICOMDIR'))).toEqual([0, 3, 6])
  })

  it('cannot name files outside of its folder', async () => {
    const folder = folderOf({
      'media/DICOMDIR': directory(['..', 'outside'], ['IM0']),
      outside: slices.IM3!,
      'media/IM0': slices.IM0!,
    })
    const found = await findInstances(join(folder, 'media/DICOMDIR'))
    expect(found.instances.map(({ file }) => file)).toEqual(['IM0'])
    expect(found.rejected).toEqual([{ file: '../outside', reason: 'its name leads out of the folder' }])
  })

  it('in a folder that is searched is not mistaken for a picture', async () => {
    const { rejected } = await findInstances(folderOf({ DICOMDIR: directory(['IM0']), ...slices }))
    expect(rejected).toEqual([{ file: 'DICOMDIR', reason: 'it is a DICOMDIR; open it by its own path' }])
  })

  it
    .skipIf(!dataFolder)
    .each(['DICOMDIR', 'DICOMDIR-bigEnd', 'DICOMDIR-implicit', 'DICOMDIR-nopatient', 'DICOMDIR-reordered'])(
    `real: %s${withoutData}`,
    async (name) => {
      const { instances } = await findInstances(`${dataFolder}/dicom/pydicom/test_files/dicomdirtests/${name}`)
      expect(instances.length).toBeGreaterThan(15)
    },
  )
})

it('reads files without preamble or meta information', async () => {
  const file = writeDicom(slice(0, 0, { PixelData: pixels16(Array.from({ length: 12 }, () => 77)) }))
  const bare = file.subarray(writeDicom({}).length)
  const found = await findInstances(folderOf({ bare, 'no-preamble': file.subarray(132) }))
  expect(found.rejected).toEqual([])
  expect(found.instances).toHaveLength(2)
})

it.skipIf(!dataFolder)(`opens or refuses, with a reason, everything there is${withoutData}`, async () => {
  const { instances, rejected } = await findInstances(`${dataFolder}/dicom/pydicom`)
  expect(instances.length).toBeGreaterThan(60)
  expect(rejected.every(({ reason }) => /^its? /.test(reason))).toBe(true)
  expect(instances.length + rejected.length).toBe(192)
})
