import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDesk } from '../../tests/app-desk.ts'
import type { Desk } from '../../tests/app-desk.ts'
import { freshFolder } from '../../tests/command-line.ts'
import { saveThresholdModel } from '../../tests/threshold-model.ts'
import { writeTwoSeries } from '../../tests/two-series.ts'
import type { Picked } from '../contract/contract.ts'
import type { RunDetail, VolumeRef } from '../contract/schemas.ts'

const place = freshFolder()
const study = join(place, 'study')
const picked: Picked = {
  study: { path: study, name: 'study' },
  first: { path: join(study, 'first'), name: 'first' },
}
let desk: Desk

/** The first and the second series of the study. */
async function openStudy(): Promise<readonly [VolumeRef, VolumeRef]> {
  const { input } = await desk.openScan('study')
  const { series } = (await desk.call('app.state', {})).inputs.find(({ id }) => id === input)!
  const [first, second] = series.toSorted((a, b) => a.files - b.files).reverse()
  return [
    { input, series: first!.uid, volume: 0 },
    { input, series: second!.uid, volume: 0 },
  ]
}

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
  await saveThresholdModel(join(place, 'models', 'threshold'))
  writeTwoSeries(study)
  desk = openDesk(join(place, 'home'), picked)
  await desk.call('app.settings', { engine: 'cpu', model: 'threshold' })
})
afterAll(() => desk.close())

test('a run that adapted together with another series is run again with it, or says which one is not there', async () => {
  const [scan, other] = await openStudy()
  // This model is steady on the ball, so that there would be nothing to train.
  const options = { gate: 1, steps: 40, slices: 6 }
  const about = { model: 'threshold', method: 'consistency', options, seed: 5, guard: false, reference: null }
  const { run, job } = await desk.call('adapt.start', { scan, with: [other], ...about })
  await desk.until('run.step', (one) => one.run === run && one.line.phase === 'train')
  await desk.call('job.cancel', { job })
  expect(await desk.ended(job)).toMatchObject({ state: 'cancelled' })
  expect((await desk.call('run.read', { run })).with).toMatchObject([{ name: 'Series 4' }])

  // Closed in between: the study is opened again from where it was.
  await desk.call('input.close', { input: scan.input })
  const again = await desk.call('run.resume', { run })
  await desk.until('run.step', (one) => one.run === again.run && one.line.phase === 'train')
  await desk.call('job.cancel', { job: again.job })
  expect(await desk.ended(again.job)).toMatchObject({ state: 'cancelled' })
  const [first, second] = [await desk.call('run.read', { run }), await desk.call('run.read', { run: again.run })]
  expect(second).toMatchObject({
    with: first.with,
    parameters: first.parameters,
    seed: 5,
    scan: { series: scan.series },
  })
  const trained = ({ journal }: RunDetail): unknown => journal.find(({ phase }) => phase === 'train')!.loss
  expect(trained(first)).toHaveProperty('total')
  expect(trained(second)).toEqual(trained(first))

  for (const { id } of (await desk.call('app.state', {})).inputs) await desk.call('input.close', { input: id })
  rmSync(join(study, 'second'), { recursive: true })
  await desk.openScan('first')
  const { job: without } = await desk.call('run.resume', { run })
  expect((await desk.ended(without)).error).toMatchObject({
    code: 'not-there',
    message: expect.stringMatching(/^Series 4, which this run adapted together with,/) as string,
    remedy: 'Open its study again.',
  })
})
