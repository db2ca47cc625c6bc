import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { writeNpy } from './npy.ts'

test.each([[[6]], [[2, 3]], [[1, 1, 2, 3]]])(
  'header and values of shape %j are where NumPy looks for them',
  (shape) => {
    const bytes = writeNpy(new Float32Array([1, 2, 3, 4, 5, 6]), shape)
    const headerLength = bytes[8]! + 256 * bytes[9]!
    expect((10 + headerLength) % 64).toBe(0)
    const header = Buffer.from(bytes.subarray(10, 10 + headerLength)).toString()
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \([\d, ]+\), \} *\n$/)
    expect(new DataView(bytes.buffer).getFloat32(10 + headerLength + 4 * 4, true)).toBe(5)
  },
)

test('a shape that does not hold the values is a bug', () => {
  expect(() => writeNpy(new Float32Array(5), [2, 3])).toThrow('5 values')
})

test('NumPy reads it', ({ skip }) => {
  const python = process.env['SCANBRIDGE_PYTHON']
  if (!python) return skip('SCANBRIDGE_PYTHON is not set to a Python with numpy')
  const script = `
import sys, io, numpy as np
a = np.load(io.BytesIO(sys.stdin.buffer.read()))
print(a.dtype, a.shape, a.tolist())`
  const input = writeNpy(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3])
  expect(execFileSync(python, ['-c', script], { input }).toString().trim()).toBe(
    'float32 (2, 3) [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]',
  )
})
