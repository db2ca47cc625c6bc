/** DICOM's names of character sets (PS3.3 C.12.1.1.2) as those of the Encoding standard. */
const encodings: Readonly<Record<string, string>> = {
  'ISO_IR 6': 'latin1',
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'latin5',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'tis-620',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
  'ISO_IR 87': 'iso-2022-jp',
  'ISO_IR 159': 'iso-2022-jp',
  'ISO_IR 149': 'euc-kr',
  'ISO_IR 58': 'gbk',
}

/** Escape sequences that switch the upper or lower half (PS3.3 table C.12-3, C.12-4), and what to decode with after them. */
const escapes: readonly (readonly [string, string])[] = [
  ['$)C', 'euc-kr'],
  ['$)A', 'gbk'],
  ['$B', 'iso-2022-jp'],
  ['$(D', 'iso-2022-jp'],
  ['(B', 'latin1'],
  ['(J', 'shift_jis'],
  [')I', 'shift_jis'],
  ['-A', 'latin1'],
  ['-B', 'iso-8859-2'],
  ['-C', 'iso-8859-3'],
  ['-D', 'iso-8859-4'],
  ['-L', 'iso-8859-5'],
  ['-G', 'iso-8859-6'],
  ['-F', 'iso-8859-7'],
  ['-H', 'iso-8859-8'],
  ['-M', 'latin5'],
  ['-T', 'tis-620'],
  ['-b', 'iso-8859-15'],
]

const normalize = (name: string): string => name.trim().replace(/^ISO[ _-](2022 )?IR[ _-]?/, 'ISO_IR ')

const decoders = new Map<string, InstanceType<typeof TextDecoder>>()

function decode(bytes: Uint8Array, encoding: string): string {
  let decoder = decoders.get(encoding)
  if (!decoder) decoders.set(encoding, (decoder = new TextDecoder(encoding)))
  return decoder.decode(bytes)
}

const isAscii = (bytes: Uint8Array): boolean => bytes.every((byte) => byte < 0x80 && byte !== 0x1b)

/** Text of an attribute that SpecificCharacterSet governs. Unknown sets decode as Latin-1: odd letters, but nothing lost. */
export function decodeText(bytes: Uint8Array, characterSets: readonly string[]): string {
  if (isAscii(bytes)) return decode(bytes, 'latin1')
  const first = encodings[normalize(characterSets[0] ?? '')] ?? 'latin1'
  if (!bytes.includes(0x1b)) return decode(bytes, first)
  let text = ''
  let encoding = first
  for (let start = 0; start < bytes.length;) {
    let end = bytes.indexOf(0x1b, start)
    if (end < 0) end = bytes.length
    if (encoding === 'iso-2022-jp') text += decode(bytes.subarray(Math.max(start - 3, 0), end), encoding)
    else text += decode(bytes.subarray(start, end), encoding)
    const after = String.fromCharCode(...bytes.subarray(end + 1, end + 4))
    const escape = escapes.find(([sequence]) => after.startsWith(sequence))
    encoding = escape?.[1] ?? encoding
    start = end + 1 + (escape?.[0].length ?? 0)
  }
  return text
}
