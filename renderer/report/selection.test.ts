import { expect, it } from 'vitest'
import type { ExportItem } from '../../main/contract/schemas.ts'
import { isUsable, selection } from './selection.ts'

function item(name: string, more: Partial<ExportItem> = {}): ExportItem {
  return { name, title: name, summary: '', bytes: 10, identifies: false, obstacle: null, ...more }
}

const report = item('report')
const seg = item('mask.dcm', { identifies: true, bytes: 500 })
const onnx = item('onnx', { obstacle: 'The source model was kept.' })
const unknown = item('journal', { bytes: null })
const items = [report, seg, onnx, unknown]

it('takes all that can be had and names nobody, by itself', () => {
  expect(selection(items, {}, false)).toEqual({ names: ['report', 'journal'], bytes: 10, identifies: false })
})

it('never takes what identifies without being asked to, even with identity on', () => {
  expect(selection(items, {}, true).names).toEqual(['report', 'journal'])
  expect(selection(items, { 'mask.dcm': true }, true)).toEqual({
    names: ['report', 'mask.dcm', 'journal'],
    bytes: 510,
    identifies: true,
  })
})

it('lets go of what identifies when identity is off again', () => {
  expect(selection(items, { 'mask.dcm': true }, false).names).toEqual(['report', 'journal'])
  expect(isUsable(seg, false)).toBe(false)
})

it('never takes what cannot be had', () => {
  expect(selection(items, { onnx: true }, true).names).not.toContain('onnx')
})

it('knows no size where none is known', () => {
  expect(selection([unknown], {}, false).bytes).toBeNull()
  expect(selection(items, { report: false, journal: false }, false)).toEqual({
    names: [],
    bytes: null,
    identifies: false,
  })
})
