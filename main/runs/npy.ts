/**
 * A float32 array as a NumPy .npy file, version 1.0, C order, little endian.
 * Format: numpy.lib.format. The header is padded so that the values start at a multiple of 64 bytes.
 */
export function writeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, dim) => product * dim, 1)
  if (count !== data.length) throw new Error(`${data.length} values for shape ${shape.join('x')}`)
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }`
  const headerLength = Math.ceil((10 + header.length + 1) / 64) * 64 - 10
  const bytes = new Uint8Array(10 + headerLength + 4 * data.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  view.setUint16(8, headerLength, true)
  bytes.set(new TextEncoder().encode(header.padEnd(headerLength - 1) + '\n'), 10)
  for (let n = 0; n < data.length; n++) view.setFloat32(10 + headerLength + 4 * n, data[n]!, true)
  return bytes
}
