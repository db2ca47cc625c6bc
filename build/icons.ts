/** Draws the app's icon in the forms that installers want: npm run icons. The mark: a scanner's ring, and a bridge through it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from 'fast-png'

type Colour = readonly [number, number, number]
const ground: Colour = [22, 27, 34]
const ring: Colour = [226, 232, 240]
const bridge: Colour = [56, 189, 176]

/** What lies at a point of the unit square, y down; undefined outside of the mark. */
function colourAt(x: number, y: number): Colour | undefined {
  const corner = 0.22
  const inner = 0.5 - corner
  const [dx, dy] = [Math.max(0, Math.abs(x - 0.5) - inner), Math.max(0, Math.abs(y - 0.5) - inner)]
  if (Math.hypot(dx, dy) > corner) return undefined
  const isDeck = Math.abs(y - 0.6) < 0.035 && x > 0.1 && x < 0.9
  const arch = Math.hypot(x - 0.5, (y - 0.6) * 1.25)
  const isArch = y < 0.6 && Math.abs(arch - 0.33) < 0.035
  const isHanger = y < 0.6 && arch < 0.33 && [0.335, 0.5, 0.665].some((at) => Math.abs(x - at) < 0.014)
  if (isDeck || isArch || isHanger) return bridge
  return Math.abs(Math.hypot(x - 0.5, y - 0.5) - 0.36) < 0.045 ? ring : ground
}

/** Each pixel is the mean of 4 x 4 points. */
function draw(size: number): Uint8Array {
  const data = new Uint8Array(size * size * 4)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const sum = [0, 0, 0, 0]
      for (let point = 0; point < 16; point++) {
        const colour = colourAt(
          (column + ((point % 4) + 0.5) / 4) / size,
          (row + (Math.floor(point / 4) + 0.5) / 4) / size,
        )
        colour?.forEach((value, channel) => (sum[channel]! += value))
        if (colour) sum[3]!++
      }
      const covered = sum[3]!
      const pixel =
        covered === 0 ? [0, 0, 0, 0] : [...sum.slice(0, 3).map((value) => value / covered), (covered / 16) * 255]
      data.set(pixel.map(Math.round), (row * size + column) * 4)
    }
  return encode({ width: size, height: size, data, channels: 4 })
}

/** Windows: a header, an entry of 16 bytes for each picture, the pictures as PNG. */
function ico(pictures: ReadonlyMap<number, Uint8Array>): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.size)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(pictures.size, 4)
  let offset = head.length
  ;[...pictures].forEach(([size, bytes], entry) => {
    const at = 6 + 16 * entry
    head.set([size % 256, size % 256, 0, 0, 1, 0, 32, 0], at)
    head.writeUInt32LE(bytes.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += bytes.length
  })
  return Buffer.concat([head, ...pictures.values()])
}

/** macOS: the type that stands for each size, its length, the picture as PNG. */
function icns(pictures: ReadonlyMap<string, Uint8Array>): Buffer {
  const block = (type: string, bytes: Uint8Array): Buffer => {
    const head = Buffer.from(`${type}    `)
    head.writeUInt32BE(8 + bytes.length, 4)
    return Buffer.concat([head, bytes])
  }
  return block('icns', Buffer.concat([...pictures].map(([type, bytes]) => block(type, bytes))))
}

const folder = join(import.meta.dirname, 'icons')
const drawn = new Map([16, 24, 32, 48, 64, 128, 256, 512, 1024].map((size) => [size, draw(size)] as const))
const only = (...sizes: number[]) => new Map(sizes.map((size) => [size, drawn.get(size)!] as const))
mkdirSync(folder, { recursive: true })
// Linux takes each size from a file whose name tells it.
for (const [size, bytes] of only(16, 24, 32, 48, 64, 128, 256, 512))
  writeFileSync(join(folder, `${size}x${size}.png`), bytes)
writeFileSync(join(folder, 'icon.ico'), ico(only(16, 24, 32, 48, 64, 128, 256)))
const macTypes = { icp4: 16, icp5: 32, ic07: 128, ic08: 256, ic09: 512, ic10: 1024 }
writeFileSync(
  join(folder, 'icon.icns'),
  icns(new Map(Object.entries(macTypes).map(([type, size]) => [type, drawn.get(size)!]))),
)
