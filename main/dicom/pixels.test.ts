import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import { parse } from './parse.ts'
import { readLayout } from './pixel-layout.ts'
import { openFrames } from './pixels.ts'
import type { Stored } from './rescale.ts'

type Expected = { size: number; min: number; max: number; sum: number; samples: [number, number][] }
const reference = JSON.parse(readFileSync(new URL('testdata/pixels.json', import.meta.url), 'utf8')) as Record<
  string,
  Expected
>

/** Lossy files leave rounding to the decoder: 1 here and there; those that are lossless must agree to the bit. */
const lossy = /JPGExtended|baseline.51|JPEG2000.dcm|693_J2KI/

async function decodeFile(file: string): Promise<Stored[]> {
  const parsed = parse(readFileSync(file))
  const layout = readLayout(parsed)
  const read = openFrames(layout, parsed.bytes)
  return Promise.all(Array.from({ length: layout.frames }, (_, n) => read(n)))
}

describe.skipIf(!dataFolder)(`stored values of every transfer syntax agree with pydicom's${withoutData}`, () => {
  it.each(Object.entries(reference))('%s', async (name, expected) => {
    const values = (await decodeFile(`${dataFolder}/dicom/${name}`)).flatMap((frame) => Array.from(frame))
    const tolerance = lossy.test(name) ? 1 : 0
    expect(values.length).toBe(expected.size)
    const off = expected.samples.map(([n, value]) => Math.abs(values[n]! - value))
    expect(Math.max(...off)).toBeLessThanOrEqual(tolerance)
    const sum = values.reduce((a, b) => a + b, 0)
    expect(Math.abs(sum - expected.sum)).toBeLessThanOrEqual(tolerance * 0.02 * values.length)
  })
})
