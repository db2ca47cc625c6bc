import fc from 'fast-check'
import PDFDocument from 'pdfkit'
import { expect, test } from 'vitest'
import { axis, curve, figure, volumeBars } from './charts.ts'

test('an axis holds its values between round marks, few of them', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(values, (list) => {
      const [low, high, marks] = axis(list)
      const slack = 1e-6 * Math.max(1e-6, ...list.map(Math.abs))
      expect(Math.min(...list)).toBeGreaterThanOrEqual(low - slack)
      expect(Math.max(...list)).toBeLessThanOrEqual(high + slack)
      expect(marks.length).toBeGreaterThanOrEqual(2)
      expect(marks.length).toBeLessThanOrEqual(5)
    }),
  )
  expect(axis([0.12, 0.47])).toEqual([0, 0.6, [0, 0.2, 0.4, 0.6]])
})

test.each([
  [0, '0'],
  [0.84123, '0.841'],
  [-12.345, '\u221212.3'],
  [1234.5, '1235'],
  [0.00012, '1.2e\u22124'],
])('%d is written %s', (value, text) => {
  expect(figure(value)).toBe(text)
})

test('a curve has a gap where a value is missing, and stays within its frame', () => {
  const { width, height, marks } = curve({
    name: 'Loss',
    points: [
      [1, 1],
      [2, 0.5],
      [3, null],
      [4, 0.2],
      [5, 0.1],
    ],
  })
  const lines = marks.filter((mark) => mark.kind === 'path' && mark.stroke === '#0072B2')
  expect(lines.length).toBe(2)
  for (const mark of marks) {
    if (mark.kind !== 'path') continue
    const numbers = mark.d.match(/-?[\d.]+/g)!.map(Number)
    numbers.forEach((value, n) => {
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(n % 2 === 0 ? width : height)
    })
  }
})

test.each([
  'Loss',
  'Ln volume ratio Cerebrospinal fluid',
  'Overlap of a label with a name that nobody can read to its end',
])('the name of a curve ends before the number at its right: %s', (name) => {
  const points = [0, 1].map((step) => [step, -0.33812] as const)
  const { marks } = curve({ name, points })
  const [title, value] = marks.filter((mark) => mark.kind === 'text')
  expect(value!.text).toBe('\u22120.338')
  const doc = new PDFDocument()
  const width = ({ text, size }: { text: string; size: number }): number =>
    doc
      .font('Helvetica-Bold')
      .fontSize(size)
      .widthOfString(text.replaceAll(/[\u2026\u2212]/g, '-'))
  expect(title!.x + width(title!)).toBeLessThan(value!.x - width(value!))
})

test('bars are as long as their volumes', () => {
  const { marks } = volumeBars([
    { name: 'a', before: 100, after: 50 },
    { name: 'b', before: 0, after: undefined },
  ])
  const widths = marks.flatMap((mark) => {
    if (mark.kind !== 'path' || mark.hatch) return []
    const numbers = mark.d.match(/-?[\d.]+/g)!.map(Number)
    return numbers[2]! - numbers[0]!
  })
  expect(widths.length).toBe(3)
  expect(widths[1]! / widths[0]!).toBeCloseTo(0.5, 2)
  expect(widths[2]).toBe(0)
})
