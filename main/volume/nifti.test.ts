import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { gzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { UserError } from '../errors.ts'
import { compose, identity } from './affine.ts'
import { looksLikeNifti, openNifti, readLabelMap, readVolume, writeNifti } from './nifti.ts'
import type { Affine, LabelMap, Volume } from './volume.ts'

type Reference = { bytes: string; shape: number[]; affine: number[]; values: number[] }
const reference = JSON.parse(readFileSync(new URL('testdata/nifti.json', import.meta.url), 'utf8')) as Record<
  string,
  Reference
>
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(reference[name]!.bytes, 'base64'))
const toLps = (ras: readonly number[]): number[] => ras.map((x, n) => (n < 8 ? -x : x))

describe('what nibabel wrote is read', () => {
  it.each(Object.keys(reference))('%s', (name) => {
    const { shape, affine, values } = reference[name]!
    const opened = openNifti(bytesOf(name), name)
    expect([...opened.shape]).toEqual([...shape, 1].slice(0, 3))
    expect(opened.count).toBe(shape[3] ?? 1)
    const data = Array.from({ length: opened.count }, (_, n) => [...readVolume(opened, n).volume.data]).flat()
    data.forEach((value, n) => expect(value).toBeCloseTo(values[n]!, 2))
    toLps(affine).forEach((x, n) => expect(opened.affine[n]).toBeCloseTo(x, 5))
  })
})

/** Any rotation, reflection, spacing and place. */
const affines = fc
  .record({
    axis: fc.tuple(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
    ),
    angle: fc.oneof(fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }), fc.constantFrom(0, Math.PI / 2, Math.PI)),
    size: fc.tuple(
      fc.double({ min: 0.3, max: 6, noNaN: true }),
      fc.double({ min: 0.3, max: 6, noNaN: true }),
      fc.double({ min: 0.3, max: 6, noNaN: true }),
    ),
    flip: fc.constantFrom(1, -1),
    origin: fc.array(fc.double({ min: -200, max: 200, noNaN: true }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ axis, angle, size, flip, origin }): Affine => {
    const length = Math.hypot(...axis)
    const [x, y, z] = axis.map((a) => a / length) as [number, number, number]
    const [c, s] = [Math.cos(angle), Math.sin(angle)]
    const d = 1 - c
    const turn = [
      c + x * x * d,
      x * y * d - z * s,
      x * z * d + y * s,
      origin[0]!,
      y * x * d + z * s,
      c + y * y * d,
      y * z * d - x * s,
      origin[1]!,
      z * x * d - y * s,
      z * y * d + x * s,
      c + z * z * d,
      origin[2]!,
      0,
      0,
      0,
      1,
    ]
    return compose(turn, [size[0], 0, 0, 0, 0, size[1], 0, 0, 0, 0, flip * size[2], 0, 0, 0, 0, 1])
  })

describe('what we write comes back', () => {
  it('through the sform, and through the qform alone', () => {
    fc.assert(
      fc.property(affines, (affine) => {
        const volume: Volume = { shape: [2, 1, 1], affine, data: Float32Array.of(1.5, -2) }
        const bytes = writeNifti(volume, { gzip: false })
        const bySform = openNifti(bytes, 'x')
        expect([...readVolume(bySform).volume.data]).toEqual([1.5, -2])
        bySform.affine.forEach((x, n) => expect(x).toBeCloseTo(affine[n]!, 4))
        new DataView(bytes.buffer).setInt16(254, 0, true)
        openNifti(bytes, 'x').affine.forEach((x, n) => expect(Math.abs(x - affine[n]!)).toBeLessThan(2e-3))
      }),
      { seed: 3 },
    )
  })

  it('a shear has no qform', () => {
    const bytes = writeNifti(
      { shape: [1, 1, 1], affine: [1, 0, 0, 0, 0, 1, 0.3, 0, 0, 0, 3, 0, 0, 0, 0, 1], data: Float32Array.of(1) },
      { gzip: false },
    )
    expect(new DataView(bytes.buffer).getInt16(252, true)).toBe(0)
    expect(openNifti(bytes, 'x').affine[6]).toBeCloseTo(0.3)
  })

  it('label maps stay whole numbers of one byte', () => {
    const labels: LabelMap = { shape: [2, 2, 1], affine: identity, data: Uint8Array.of(0, 1, 255, 3) }
    const bytes = writeNifti(labels)
    expect(readLabelMap(openNifti(bytes, 'x'))).toEqual({ ...labels, affine: openNifti(bytes, 'x').affine })
    expect(() => readLabelMap(openNifti(writeNifti({ ...labels, data: Float32Array.of(0, 1, 2.5, 3) }), 'x'))).toThrow(
      'it is no label map',
    )
  })

  it('the same image gives the same bytes, without the time of day', () => {
    const volume: Volume = { shape: [2, 1, 1], affine: identity, data: Float32Array.of(1, 2) }
    expect(writeNifti(volume)).toEqual(writeNifti(volume))
    expect([...writeNifti(volume).subarray(4, 8)]).toEqual([0, 0, 0, 0])
  })
})

describe('files that are no scan are refused with a sentence', () => {
  const good = bytesOf('int16')
  const changed = (change: (view: DataView) => void): Uint8Array => {
    const bytes = good.slice()
    change(new DataView(bytes.buffer))
    return bytes
  }
  it.each([
    ['nothing', new Uint8Array(0), 'it is not a NIfTI file'],
    ['cut off', good.subarray(0, -1), 'it is cut off: 375 of 376 bytes are there'],
    [
      'absurd dimensions',
      changed((view) => [42, 44, 46].forEach((at) => view.setInt16(at, 32767, true))),
      'it claims 32767 x 32767 x 32767 voxels, more than can be opened',
    ],
    ['no dimensions', changed((view) => view.setInt16(40, 9, true)), 'its dimensions make no sense'],
    ['a negative size', changed((view) => view.setInt16(42, -3, true)), 'its dimensions make no sense'],
    [
      'colours',
      changed((view) => view.setInt16(70, 128, true)),
      'its voxels are of a kind (datatype 128) that is no scan',
    ],
    [
      'no place in space',
      changed((view) => [252, 254].forEach((at) => view.setInt16(at, 0, true))),
      'it does not say how it lies in space (no sform, no qform)',
    ],
    [
      'a singular sform',
      changed((view) => [280, 284, 288].forEach((at) => view.setFloat32(at, 0, true))),
      'its position in space makes no sense',
    ],
    ['an offset that is no number', changed((view) => view.setFloat32(108, NaN, true)), 'its header is damaged'],
    ['half of a pair', changed((view) => view.setUint8(345, 0x69)), 'it is one half of a .hdr/.img pair'],
  ])('%s', (_, bytes, reason) => {
    expect(() => openNifti(bytes, 'scan.nii')).toThrow(`scan.nii cannot be used: ${reason}.`)
  })

  it('a packed file that is cut off', () => {
    const data = Float32Array.from({ length: 1000 }, (_, n) => Math.sin(n))
    const packed = writeNifti({ shape: [10, 10, 10], affine: identity, data })
    expect(() => openNifti(packed.subarray(0, 2000), 'x.nii.gz')).toThrow(
      'its compression is damaged, or the file is cut off',
    )
    expect(() => openNifti(packed.subarray(0, -1), 'x.nii.gz')).toThrow('its compression is damaged')
  })

  it('a packed file whose bytes changed: its checksum tells', () => {
    const data = Float32Array.from({ length: 1000 }, (_, n) => Math.sin(n))
    const packed = writeNifti({ shape: [10, 10, 10], affine: identity, data })
    packed.fill(0xff, 500, 600)
    expect(() => openNifti(packed, 'x.nii.gz')).toThrow('its compression is damaged')
  })

  it('a bomb: no more is unpacked than its header announces', () => {
    const unpacked = new Uint8Array(20_000_000)
    unpacked.set(good)
    expect(() => openNifti(gzipSync(unpacked), 'x')).toThrow('it unpacks to more than its header says')
  })

  it('damaged anywhere', () => {
    const how = fc.array(fc.record({ at: fc.nat(375), byte: fc.nat(255) }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(how, fc.nat(376), (changes, length) => {
        const bytes = good.slice(0, length < 188 ? 376 : length)
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte
        try {
          expect(readVolume(openNifti(bytes, 'x')).volume.data.every(Number.isFinite)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(UserError)
        }
      }),
      { numRuns: 500, seed: 11 },
    )
  })
})

it('sets voxels that are no numbers to 0, with a note; names a missing unit', () => {
  const bytes = writeNifti(
    { shape: [3, 1, 1], affine: identity, data: Float32Array.of(NaN, 2, Infinity) },
    { gzip: false },
  )
  bytes[123] = 0
  const { volume, notes } = readVolume(openNifti(bytes, 'x'))
  expect([...volume.data]).toEqual([0, 2, 0])
  expect(notes.map(({ code }) => code)).toEqual(['not-finite', 'unit-unknown'])
})

it('takes metres and micrometres for what they are', () => {
  const bytes = writeNifti({ shape: [1, 1, 1], affine: identity, data: Float32Array.of(1) }, { gzip: false })
  const [metres, micrometres] = [1, 3].map((unit) => {
    bytes[123] = unit
    return openNifti(bytes, 'x').affine[10]
  })
  expect([metres, micrometres]).toEqual([1000, 0.001])
})

it('knows a NIfTI file by its bytes, and a packed one by its name too', () => {
  expect(looksLikeNifti(bytesOf('int16'), 'anything')).toBe(true)
  expect(looksLikeNifti(bytesOf('NIfTI-2'), 'anything')).toBe(true)
  expect(looksLikeNifti(bytesOf('packed'), 'scan.nii.gz')).toBe(true)
  expect(looksLikeNifti(bytesOf('packed'), 'archive.gz')).toBe(false)
  expect(looksLikeNifti(new Uint8Array(600), 'scan.nii')).toBe(false)
})
