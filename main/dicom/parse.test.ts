import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import { implicitLittle, slice, writeDicom } from '../../tests/write-dicom.ts'
import { parse } from './parse.ts'

describe('attributes', () => {
  const elements = slice(-12.5, 3, {
    SliceThickness: 2.5,
    MRDiffusionSequence: [{ DiffusionBValue: 1000.25 }],
    TemporalPositionIndex: 70000,
    RescaleSlope: 'junk',
    StudyDescription: '',
  })
  it.each([['explicit'], ['implicit']])('of every kind, %s', (kind) => {
    const file = writeDicom(kind === 'implicit' ? { ...elements, TransferSyntaxUID: implicitLittle } : elements)
    const { attributes: a, pixels, bytes } = parse(file)
    expect(a.numbers('ImagePositionPatient')).toEqual([-10, -20, -12.5])
    expect(a.strings('ImageType')).toEqual(['ORIGINAL', 'PRIMARY', 'M'])
    expect(a.string('StudyInstanceUID')).toBe('1.2.3')
    expect(a.number('Rows')).toBe(3)
    expect(a.number('TemporalPositionIndex')).toBe(70000)
    expect(a.items('MRDiffusionSequence')[0]!.number('DiffusionBValue')).toBe(1000.25)
    expect(a.number('RescaleSlope')).toBeUndefined()
    expect([a.string('StudyDescription'), a.text('PatientName'), a.number('EchoTime')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(bytes.subarray(pixels!.offset, pixels!.offset + 4)).toEqual(new Uint8Array([3, 0, 4, 0]))
  })

  it('are found where the file says the wrong encoding', () => {
    const explicit = writeDicom(elements)
    const claims = Buffer.from(explicit)
    claims.write('1.2.840.10008.1.2\0\0', claims.indexOf('1.2.840.10008.1.2.1'), 'latin1')
    expect(parse(claims).attributes.number('Rows')).toBe(3)
  })
})

/** Names of pydicom's character-set files, as written in the standard's examples (PS3.5 annexes H, I, J, K). */
const names = [
  ['chrArab', 'قباني^لنزار'],
  ['chrFren', 'Buc^Jérôme'],
  ['chrFrenMulti', 'Buc^Jérôme'],
  ['chrGerm', 'Äneas^Rüdiger'],
  ['chrGreek', 'Διονυσιος'],
  ['chrH31', 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
  ['chrH32', 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう'],
  ['chrHbrw', 'שרון^דבורה'],
  ['chrI2', 'Hong^Gildong=洪^吉洞=홍^길동'],
  ['chrJapMulti', 'やまだ^たろう'],
  ['chrJapMultiExplicitIR6', 'やまだ^たろう'],
  ['chrKoreanMulti', '김희중'],
  ['chrRuss', 'Люкceмбypг'],
  ['chrX1', 'Wang^XiaoDong=王^小東='],
  ['chrX2', 'Wang^XiaoDong=王^小东='],
]

it.skipIf(!dataFolder).each(names)(`character set of %s${withoutData}`, (name, expected) => {
  const file = readFileSync(`${dataFolder}/dicom/pydicom/charset_files/${name}.dcm`)
  expect(parse(file).attributes.text('PatientName')).toBe(expected)
})
