/** Whatever a file does, it opens or is refused with one sentence: no crash, no hang, no wrong picture. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import { openBytes, openElements } from '../../tests/open-dicom.ts'
import { type Elements, encapsulate, slice, writeDicom, writeEncapsulated } from '../../tests/write-dicom.ts'
import { Unreadable } from './unreadable.ts'

const reasonFor = async (file: Uint8Array): Promise<string> => {
  try {
    const opened = openBytes([file])
    for (const [n, { volumes }] of opened.series.entries()) for (const v of volumes.keys()) await opened.load(n, v)
    return 'opened'
  } catch (error) {
    if (error instanceof Unreadable) return error.reason
    throw error
  }
}
const reasonForElements = (changes: Elements): Promise<string> => reasonFor(writeDicom(slice(0, 0, changes)))
const without = (keyword: keyof Elements): Uint8Array =>
  writeDicom(Object.fromEntries(Object.entries(slice(0, 0)).filter(([key]) => key !== keyword)))

describe('files that lie', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'it is not a DICOM file'],
    ['text', new TextEncoder().encode('Dear colleague, the scans are in the other folder.'), 'it is not a DICOM file'],
    ['only a preamble', writeDicom({}).subarray(0, 140), 'its header is damaged, or the file is cut off'],
    ['no rows', without('Rows'), 'it holds no picture'],
    ['no series', without('SeriesInstanceUID'), 'it does not say which series it belongs to'],
    ['no pixels', without('PixelData'), 'its pixel data is missing'],
  ])('%s', async (_, file, reason) => {
    expect(await reasonFor(file)).toBe(reason)
  })

  it.each([
    [
      'absurd dimensions',
      { Rows: 65535, Columns: 65535 },
      'it claims 65535 x 65535 x 1 pixels, more than can be opened',
    ],
    ['a billion frames', { NumberOfFrames: 1e9 }, 'it claims 4 x 3 x 1000000000 pixels, more than can be opened'],
    ['frames that are no number', { NumberOfFrames: '1A' }, 'its number of frames is not a number'],
    ['fewer pixels than announced', { Rows: 300 }, 'its pixel data has 24 bytes where 2400 are needed'],
    ['7 bits a pixel', { BitsAllocated: 7 }, 'its pixels have 7 bits'],
    [
      '64-bit integers',
      { BitsAllocated: 64, BitsStored: 64, Rows: 1, Columns: 3 },
      'its pixels are integers of 64 bits',
    ],
    ['colour', { SamplesPerPixel: 3, PhotometricInterpretation: 'RGB' }, 'it is a colour picture, not a scan'],
    ['a palette', { PhotometricInterpretation: 'PALETTE COLOR' }, 'it is a colour picture, not a scan'],
    ['a segmentation', { SOPClassUID: '1.2.840.10008.5.1.4.1.1.66.4' }, 'it is a segmentation, not a scan'],
    [
      'a mosaic of too many',
      { ImageType: 'A\\B\\M\\MOSAIC', SiemensHeaderCreator: 'SIEMENS MR HEADER', MosaicImageCount: 5 },
      'it is a mosaic of 5 slices that do not fit its 4 x 3 pixels',
    ],
    [
      'an unknown transfer syntax',
      { TransferSyntaxUID: '1.2.3' },
      'its pixel data is not packed as its transfer syntax says',
    ],
  ])('%s', async (_, changes, reason) => {
    expect(await reasonForElements(changes)).toBe(reason)
  })

  it('a value that claims to be longer than the file', async () => {
    const file = writeDicom(slice(0, 0))
    const at = Buffer.from(file).indexOf('ORIGINAL')
    new DataView(file.buffer).setUint16(at - 2, 0xfff0, true)
    expect(await reasonFor(file)).toBe('its header is damaged, or the file is cut off')
  })

  it('sequences nested a hundred thousand deep', async () => {
    const open = [
      0x08, 0x00, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff,
    ]
    const file = writeDicom({})
    expect(await reasonFor(new Uint8Array([...file, ...Array<number[]>(100_000).fill(open).flat()]))).toMatch(
      /nested too deeply|cut off/,
    )
  })
})

/** An RLE frame of 4 x 3 pixels of 16 bits: two segments of one run each. */
const rleFrame = (high: number, low: number): Uint8Array => {
  const header = Uint32Array.of(2, 64, 66, ...new Array<number>(13).fill(0))
  return new Uint8Array([...new Uint8Array(header.buffer), 245, high, 245, low])
}
const rle = (changes: Elements, pixels: Uint8Array): Uint8Array => {
  const { PixelData: _, ...rest } = slice(0, 0, { TransferSyntaxUID: '1.2.840.10008.1.2.5', ...changes })
  return writeEncapsulated(rest, pixels)
}
const values = async (file: Uint8Array): Promise<number[]> => [...(await openBytes([file]).load()).volume.data]

describe('encapsulated pixel data', () => {
  const two = { NumberOfFrames: 2, SpacingBetweenSlices: 3 }
  const frames = [rleFrame(1, 2), rleFrame(3, 4)]

  it.each([
    ['a basic offset table', encapsulate(frames, [0, frames[0]!.length + 8])],
    ['no offset table', encapsulate(frames)],
    [
      'frames in two fragments each',
      encapsulate(
        frames.flatMap((frame) => [frame.subarray(0, 10), frame.subarray(10)]),
        [0, frames[0]!.length + 16],
      ),
    ],
    ['no end', encapsulate(frames).subarray(0, -8)],
  ])('with %s', async (_, pixels) => {
    const data = await values(rle(two, pixels))
    expect([data[0], data[12]]).toEqual([0x102, 0x304])
  })

  it.each([
    ['a frame missing', encapsulate([frames[0]!]), 'it has compressed pixels for 1 of 2 frames'],
    ['a fragment cut off', encapsulate(frames).subarray(0, -20), 'it is cut off within its pixel data'],
    [
      'junk between fragments',
      new Uint8Array([...encapsulate(frames).subarray(0, 76 + 8 - 8), ...new Uint8Array(20)]),
      'its compressed pixel data is damaged',
    ],
  ])('with %s', async (_, pixels, reason) => {
    expect(await reasonFor(rle(two, pixels))).toBe(reason)
  })

  it.each([
    ['segments beyond the frame', Uint32Array.of(2, 64, 1 << 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['the wrong number of segments', Uint32Array.of(3, 64, 66, 68, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['no pixels', Uint32Array.of(2, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ])('run-length coded with %s', async (_, header) => {
    const frame = new Uint8Array([...new Uint8Array(header.buffer), 1, 2, 3, 4])
    expect(await reasonFor(rle({}, encapsulate([frame])))).toBe('its run-length coded pixels are damaged')
  })

  it('refuses a codestream of another size before a codec allocates it', async () => {
    const size = [
      0xff,
      0x4f,
      0xff,
      0x51,
      0,
      41,
      0,
      0,
      0,
      0,
      0xff,
      0xff,
      0,
      0,
      0xff,
      0xff,
      ...new Array<number>(24).fill(0),
      0,
      1,
      15,
      1,
      1,
    ]
    const file = rle({ TransferSyntaxUID: '1.2.840.10008.1.2.4.90' }, encapsulate([new Uint8Array(size)]))
    expect(await reasonFor(file)).toBe('its compressed pixels are 65535 x 65535 where its header says 4 x 3')
  })
})

/** Cuts or changes a few bytes anywhere. */
const damage = fc.oneof(
  fc.record({ cut: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      byte: fc.integer({ min: 0, max: 255 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
)
function damaged(file: Uint8Array, how: { cut: number } | { at: number; byte: number }[]): Uint8Array {
  if ('cut' in how) return file.slice(0, Math.floor(how.cut * file.length))
  const out = file.slice()
  for (const { at, byte } of how) out[Math.floor(at * out.length)] = byte
  return out
}

describe('damaged anywhere', () => {
  const synthetic = {
    plain: writeDicom(slice(0, 0)),
    'run-length coded': rle({}, encapsulate([rleFrame(1, 2)])),
    mosaic: writeDicom(
      slice(0, 0, {
        ImageType: 'A\\B\\M\\MOSAIC',
        SiemensHeaderCreator: 'SIEMENS MR HEADER',
        MosaicImageCount: 3,
        Rows: 2,
      }),
    ),
  }
  it.each(Object.entries(synthetic))('%s', async (_, file) => {
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        expect(await reasonFor(damaged(file, how))).toMatch(/^(opened|it|its|a) ?/)
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  const real = [
    'MR_small_implicit',
    'MR_small_bigendian',
    'MR_small_jpeg_ls_lossless',
    'MR_small_jp2klossless',
    'JPEGLSNearLossless_16',
    'rtdose_rle',
    'liver_1frame',
    'image_dfl',
  ]
  it.skipIf(!dataFolder).each(real)(`real: %s${withoutData}`, async (name) => {
    const file = new Uint8Array(readFileSync(`${dataFolder}/dicom/pydicom/test_files/${name}.dcm`))
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        expect(await reasonFor(damaged(file, how))).toMatch(/^(opened|it|its|a) ?/)
      }),
      { numRuns: 60, seed: 7 },
    )
  })
})

it('names no patient, whatever happens', async () => {
  const file = { ...slice(0, 0), PatientName: 'SECRET^NAME', PatientID: 'SECRET-ID' }
  const { series } = openElements([file, { ...file, SOPInstanceUID: '1.5', ImagePositionPatient: [-10, -20, 50] }])
  expect(JSON.stringify(series.map(({ problems }) => problems))).not.toContain('SECRET')
  expect(await reasonFor(writeDicom({ ...file, Rows: 999 }))).not.toContain('SECRET')
})

it.skipIf(!dataFolder)(`decodes after a codec failed${withoutData}`, async () => {
  const file = new Uint8Array(readFileSync(`${dataFolder}/dicom/pydicom/test_files/MR_small_jp2klossless.dcm`))
  const broken = file.slice()
  const codestream = Buffer.from(file).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]))
  broken.fill(0xfe, codestream + 47, codestream + 70)
  const good = await values(file)
  expect(await reasonFor(broken)).toMatch(/^its compressed pixels/)
  expect(await values(file)).toEqual(good)
})
