/** Tensors by name in ONNX layout, as a checkpoint holds them. */
export type Tensors = ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] }

const largestHeader = 100e6

/**
 * Tensors as a safetensors file: 8 bytes of header length (little endian), a JSON header padded with spaces to 8 bytes,
 * then the values, float32 little endian, in the order of their sorted names. The same tensors give the same bytes.
 * Format: huggingface/safetensors, README.
 */
export function writeSafetensors(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = [...tensors.keys()].sort()
  const header: Record<string, Entry | Record<string, string>> = {}
  if (Object.keys(metadata).length > 0) header['__metadata__'] = { ...metadata }
  let offset = 0
  for (const name of names) {
    const { dims, data } = tensors.get(name)!
    if (elements(dims) !== data.length) throw new Error(`${name}: ${data.length} values for dims ${dims.join('x')}`)
    header[name] = { dtype: 'F32', shape: [...dims], data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const headerLength = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(headerLength), true)
  bytes.set(json, 8)
  let at = 8 + headerLength
  for (const name of names)
    for (const value of tensors.get(name)!.data) {
      view.setFloat32(at, value, true)
      at += 4
    }
  return bytes
}

/** The inverse; float32 only. Throws an Error that says what is wrong with a file that is damaged or holds another type. */
export function readSafetensors(bytes: Uint8Array): Tensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 8) throw new Error('shorter than a header')
  const headerLength = Number(view.getBigUint64(0, true))
  if (headerLength > Math.min(largestHeader, bytes.length - 8)) throw new Error('the header is longer than the file')
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)))
  const start = 8 + headerLength
  const tensors = new Map<string, { dims: readonly number[]; data: Float32Array }>()
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of header) {
    if (dtype !== 'F32') throw new Error(`${name} has type ${dtype}, not F32`)
    if (from < 0 || to > bytes.length - start || to - from !== 4 * elements(shape))
      throw new Error(`${name} does not fit the file`)
    const data = new Float32Array(elements(shape))
    for (let n = 0; n < data.length; n++) data[n] = view.getFloat32(start + from + 4 * n, true)
    tensors.set(name, { dims: shape, data })
  }
  return tensors
}

function parseHeader(text: string): [string, Entry][] {
  const header = JSON.parse(text) as Record<string, unknown>
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => {
      if (!isEntry(entry)) throw new Error(`${name} is not described as a tensor`)
      return [name, entry]
    })
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null
  const integers = (list: unknown): boolean =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)
  return (
    typeof entry?.dtype === 'string' &&
    integers(entry.shape) &&
    integers(entry.data_offsets) &&
    entry.data_offsets?.length === 2
  )
}

function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}
