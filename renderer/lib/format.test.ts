import { describe, expect, it } from 'vitest'
import * as format from './format.ts'

/** Plain spaces, so that the cases below can be read. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ')

describe('format', () => {
  it.each([
    [0, '0.00 ml'],
    [0.534, '0.53 ml'],
    [12.34, '12.3 ml'],
    [-12.34, '−12.3 ml'],
    [1234.5, '1235 ml'],
    [123456, '123 456 ml'],
    [NaN, '–'],
    [null, '–'],
  ])('ml(%s) is %s', (value, text) => expect(plain(format.ml(value))).toBe(text))

  it.each([
    [3.24, '+3.2 %'],
    [-3.26, '−3.3 %'],
    [-0.04, '±0 %'],
    [0, '±0 %'],
    [Infinity, '–'],
  ])('signed(%s) is %s', (value, text) => expect(plain(format.signed(value, 1, '%'))).toBe(text))

  it.each([
    [100, 110, '+10.0 %'],
    [100, 50, '−50.0 %'],
    [0, 5, '–'],
    [5, null, '–'],
  ])('the change from %s to %s is %s', (before, after, text) => expect(plain(format.change(before, after))).toBe(text))

  it.each([
    [40, '40 ms'],
    [1500, '1.5 s'],
    [9_990, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 00 s'],
    [125_000, '2 min 05 s'],
    [3_780_000, '1 h 03 min'],
    [undefined, '–'],
  ])('duration(%s) is %s', (ms, text) => expect(plain(format.duration(ms))).toBe(text))

  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [11_200_000, '11 MB'],
    [999_600, '1.0 MB'],
    [2.5e9, '2.5 GB'],
  ])('bytes(%s) is %s', (count, text) => expect(plain(format.bytes(count))).toBe(text))

  it('writes days the same everywhere', () => {
    expect(format.day('2026-02-03')).toBe('3 Feb 2026')
    expect(format.day('nonsense')).toBe('–')
    expect(format.date(new Date(2026, 10, 24, 7, 5).toISOString())).toBe('24 Nov 2026, 07:05')
  })

  it('counts and rounds what is left without flicker', () => {
    expect(format.count(1, 'study', 'studies')).toBe('1 study')
    expect(format.count(0, 'file')).toBe('0 files')
    expect(plain(format.remaining(41_000))).toBe('about 45 s left')
    expect(format.remaining(null)).toBe('')
  })

  it("does not repeat a maker's name", () => {
    const scanner = { key: 'x', manufacturer: 'Philips', model: 'Achieva', fieldStrength: 3, softwareVersions: '' }
    expect(plain(format.scannerName(scanner))).toBe('Philips Achieva, 3 T')
    expect(format.scannerName({ ...scanner, model: 'Philips Ingenia', fieldStrength: 0 })).toBe('Philips Ingenia')
    expect(
      format.scannerName({ ...scanner, manufacturer: 'GE MEDICAL SYSTEMS', model: 'SIGNA', fieldStrength: 0 }),
    ).toBe('GE SIGNA')
    expect(format.scannerName(null)).toBe('Unknown scanner')
  })

  it('tells a grid', () => {
    expect(plain(format.gridText({ shape: [256, 256, 170], spacing: [0.9375, 0.9375, 1] }))).toBe(
      '256 × 256 × 170, 0.94 × 0.94 × 1.00 mm',
    )
  })
})
