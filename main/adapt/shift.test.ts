import { beforeAll, describe, expect, it } from 'vitest'
import type { Phantom } from '../../fixtures/phantom.ts'
import { scan } from '../../fixtures/presets.ts'
import type { PresetId } from '../../fixtures/presets.ts'
import { simulatedSubject } from '../../fixtures/simulate.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import { createRandom } from '../volume/random.ts'
import type { Vector } from '../volume/volume.ts'
import { reportShift } from './shift.ts'
import type { ShiftReport } from './shift.ts'
import { measureShift } from './shift-measures.ts'
import type { ShiftMeasures } from './shift-measures.ts'

let model: Model
let head: Phantom
let source: ShiftMeasures
const spacingMm: Vector = [1, 1, 3]

beforeAll(async () => {
  await startEngine()
  model = await loadModel('brain-t1w-one-scanner')
  head = simulatedSubject(5002)
  source = await measure('source')
})

async function measure(preset: PresetId): Promise<ShiftMeasures> {
  const study = toModelGrid(scan(head, preset, createRandom(5002)), model.card, model.stride)
  return measureShift(model, study, createRandom(0))
}
const fired = ({ causes }: ShiftReport): string[] =>
  causes.filter(({ level }) => level !== 'as-source').map(({ cause }) => cause)

describe('the shift check', () => {
  it('finds nothing in a scan of the source scanner', () => {
    const report = reportShift(source, model.card, spacingMm)
    expect(report.causes.map(({ cause }) => cause)).toEqual(['contrast', 'noise', 'resolution', 'bias-field', 'field-of-view', 'statistics', 'agreement']) // prettier-ignore
    expect(fired(report)).toEqual([])
    expect(report).toMatchObject({ level: 'as-source', sentence: expect.stringContaining('hardly change') as string })
    expect(report.causes.every(({ score, advice }) => score <= 1.25 && advice === '')).toBe(true)
  })

  it.each([
    ['noisy', 'noise', /Noise is \d+\.\d % of the brightest tissue/],
    ['low-resolution', 'resolution', /Fine detail has \d\d % of the strength .* softer/],
    ['surface-coil', 'bias-field', /Brightness varies across the image by some \d+ %/],
  ] as const)('names what is unlike in a scan of %s: %s', async (preset, cause, finding) => {
    const tensors = tf.memory().numTensors
    const report = reportShift(await measure(preset), model.card, spacingMm)
    expect(tf.memory().numTensors).toBe(tensors)
    const found = report.causes.find((one) => one.cause === cause)!
    expect(found).toMatchObject({ level: 'far', finding: expect.stringMatching(finding) as string })
    expect(found.advice).not.toBe('')
    expect(['shifted', 'far']).toContain(report.level)
    // It is the one that stands out among those that describe the image.
    const ofImage = report.causes.filter((one) => /contrast|noise|resolution|bias/.test(one.cause))
    expect(Math.max(...ofImage.map(({ score }) => score))).toBe(found.score)
  })

  it('knows tissues in reverse order from where they lie', () => {
    const { classDepths } = model.card.source
    const depths = classDepths!.map((_, c) => classDepths!.at(-1 - c)!)
    const report = reportShift({ ...source, depths }, model.card, spacingMm)
    expect(report).toMatchObject({
      level: 'far',
      sentence: expect.stringContaining('will not be adapted to') as string,
    })
    expect(report.causes[0]).toMatchObject({ cause: 'contrast', level: 'far' })
  })

  it('tells how bright a tissue is and should be', () => {
    const report = reportShift({ ...source, contrast: [0.5, 0.7, 1] }, model.card, spacingMm)
    expect(report.causes[0]).toMatchObject({ cause: 'contrast', level: 'far' })
    expect(report.causes[0]!.finding).toBe(
      'Cerebrospinal fluid has 50 % of the brightness of the brightest tissue; in the training scans 23 %.',
    )
  })

  it('tells a scan that ends within the head, where depths say nothing of contrast, from a model that finds too little', () => {
    const part = reportShift({ ...source, cut: 0.7, depths: [1, 2, 0.5] }, model.card, spacingMm)
    expect(fired(part)).toEqual(['field-of-view'])
    expect(part.causes.find(({ cause }) => cause === 'field-of-view')!.finding).toMatch(/ends within .* 70 % of its/)
    const little = reportShift({ ...source, logVolume: Math.log(20) }, model.card, spacingMm)
    expect(little.causes.find(({ cause }) => cause === 'field-of-view')!.finding).toMatch(/finds 20 ml where .* or is missed/) // prettier-ignore
    expect(little.causes.map(({ cause }) => cause)).not.toContain('contrast')
  })

  it('leaves out what the card does not know, and without a card knows nothing', () => {
    const { shift: _, ...older } = model.card.source
    const some = reportShift(source, { ...model.card, source: older }, spacingMm)
    expect(some.causes.map(({ cause }) => cause)).toEqual(['field-of-view', 'statistics', 'agreement'])
    const none = reportShift(source, { ...model.card, source: {} }, spacingMm)
    expect(none).toMatchObject({ level: 'unknown', causes: [] })
  })

  it('says of large pixels how large they are', () => {
    const report = reportShift(source, model.card, [2, 2, 3])
    expect(report.causes.find(({ cause }) => cause === 'resolution')!.finding).toMatch(/Its pixels are 2 mm by 2 mm\./)
  })
})
