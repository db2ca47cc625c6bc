/** What a compressed frame says about itself, read before a codec sees it: a codec allocates what the codestream claims. */
import { Unreadable } from './unreadable.ts'

export type Codestream = {
  readonly columns: number
  readonly rows: number
  readonly precision: number
  readonly components: number
  /** Start-of-frame marker of JPEG (0xc0 baseline, 0xc1 extended, 0xc3 lossless, 0xf7 JPEG-LS), 0x51 for JPEG 2000. */
  readonly marker: number
}

export function readCodestream(bytes: Uint8Array): Codestream {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const damaged = (): Unreadable => new Unreadable('its compressed pixels are damaged')
  if (bytes.length < 4 || bytes[0] !== 0xff) throw damaged()
  if (bytes[1] === 0x4f) {
    if (bytes.length < 45 || bytes[3] !== 0x51) throw damaged()
    return {
      columns: view.getUint32(8) - view.getUint32(16),
      rows: view.getUint32(12) - view.getUint32(20),
      components: view.getUint16(40),
      precision: (bytes[42]! & 0x7f) + 1,
      marker: 0x51,
    }
  }
  for (let at = 2; at + 10 <= bytes.length;) {
    if (bytes[at] !== 0xff) throw damaged()
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    const isFrame =
      (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7
    if (isFrame)
      return {
        precision: bytes[at + 4]!,
        rows: view.getUint16(at + 5),
        columns: view.getUint16(at + 7),
        components: bytes[at + 9]!,
        marker,
      }
    at += 2 + view.getUint16(at + 2)
  }
  throw damaged()
}
