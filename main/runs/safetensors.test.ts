import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

const tensors = new Map([
  ['b.scale', { dims: [2], data: new Float32Array([1.5, -0]) }],
  ['a.weight', { dims: [1, 2, 3], data: new Float32Array([0.1, 2, 3, 1e-40, 5, 6]) }],
  ['none', { dims: [0], data: new Float32Array(0) }],
])

test('comes back to the bit, and the same tensors in another order give the same bytes', () => {
  const bytes = writeSafetensors(tensors)
  const back = readSafetensors(bytes)
  expect([...back.keys()].sort()).toEqual(['a.weight', 'b.scale', 'none'])
  for (const [name, { dims, data }] of tensors) {
    expect(back.get(name)!.dims).toEqual(dims)
    expect(Buffer.from(back.get(name)!.data.buffer)).toEqual(Buffer.from(data.buffer))
  }
  expect(writeSafetensors(new Map([...tensors].reverse()))).toEqual(bytes)
})

test('is laid out as the format says', () => {
  const bytes = writeSafetensors(new Map([['x', { dims: [1], data: new Float32Array([1]) }]]), { made: 'here' })
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  expect(length % 8).toBe(0)
  expect(JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString())).toEqual({
    __metadata__: { made: 'here' },
    x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
  })
  expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f])
  expect(readSafetensors(bytes).get('x')!.data).toEqual(new Float32Array([1]))
})

const good = writeSafetensors(tensors)
const described = (header: string): Uint8Array => {
  const bytes = new Uint8Array(8 + header.length + 8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(Buffer.from(header), 8)
  return bytes
}
test.each([
  ['nothing', new Uint8Array(3), 'shorter'],
  ['cut off in the header', good.subarray(0, 20), 'longer than the file'],
  ['cut off in the values', good.subarray(0, good.length - 1), 'does not fit'],
  [
    'a header length that lies',
    Uint8Array.from([...good.subarray(0, 7), 0x7f, ...good.subarray(8)]),
    'longer than the file',
  ],
  ['another type', described('{"x":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}'), 'F16'],
  ['offsets outside', described('{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'), 'does not fit'],
  ['no tensor', described('{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}'), 'not described'],
])('%s is an error that says so', (_, bytes, says) => {
  expect(() => readSafetensors(bytes)).toThrow(says)
})

test('the safetensors package of Python reads it', ({ skip }) => {
  const python = process.env['SCANBRIDGE_PYTHON']
  if (!python) return skip('SCANBRIDGE_PYTHON is not set to a Python with safetensors and numpy')
  const script = `
import sys, json, safetensors.numpy as s
t = s.load(sys.stdin.buffer.read())
print(json.dumps({k: [list(v.shape), v.ravel().tolist()] for k, v in t.items()}))`
  const read = JSON.parse(execFileSync(python, ['-c', script], { input: good }).toString()) as object
  expect(read).toEqual({
    'a.weight': [[1, 2, 3], [...tensors.get('a.weight')!.data]],
    'b.scale': [[2], [1.5, -0]],
    none: [[0], []],
  })
})
