/**
 * Whether two series of a study do better together: the same heads by two simulated scanners, adapted to alone and together.
 * `node bench/together.ts MODEL SUBJECTS SCAN+OTHER,... [NAME:OPTION=VALUE;OPTION=VALUE,...]` prints one line of JSON an
 * episode; subjects are those of tuning (fixtures/README.md).
 */
import { presetIds, scan } from '../fixtures/presets.ts'
import type { PresetId } from '../fixtures/presets.ts'
import { simulatedSubject } from '../fixtures/simulate.ts'
import { runEpisode } from '../main/adapt/episode.ts'
import { methods } from '../main/adapt/methods/index.ts'
import { startEngine } from '../main/engine/pick-files.ts'
import { overlap } from '../main/evaluate/overlap.ts'
import { loadModel } from '../main/model/files.ts'
import { alignToStudy } from '../main/predict/align.ts'
import { restoreGrid } from '../main/predict/postprocess.ts'
import { toModelGrid } from '../main/predict/preprocess.ts'
import { createRandom } from '../main/volume/random.ts'
import type { ProbabilityMap, Volume } from '../main/volume/volume.ts'

type TogetherLine = {
  readonly subject: number
  readonly scan: string
  /** null: alone. */
  readonly other: string | null
  readonly variant: string
  /** Mean Dice of the labels on the scan's own grid. */
  readonly source: number
  readonly last: number
  readonly kept: number
  readonly verdict: string
  readonly outcome: string
}

const [name, subjects, pairs, variants = 'default:'] = process.argv.slice(2)
if (!name || !subjects || !pairs) throw new Error('MODEL SUBJECTS SCAN+OTHER,... [VARIANT:OPTION=VALUE;...]')

await startEngine({ name: 'cpu' })
const model = await loadModel(name)
for (const subject of subjects.split(',').map(Number)) {
  const phantom = simulatedSubject(subject)
  const truth = { shape: phantom.shape, affine: phantom.affine, data: phantom.labels }
  const volume = (scanner: string): Volume => {
    if (!presetIds.some((id) => id === scanner)) throw new Error(`There is no simulated scanner ${scanner}.`)
    return scan(phantom, scanner as PresetId, createRandom(subject).fork(scanner))
  }

  const episode = async (of: string, other: string | null, variant: string): Promise<TogetherLine> => {
    const study = toModelGrid(volume(of), model.card, model.stride)
    const siblings = other ? [{ name: other, study: alignToStudy(volume(other), study, model.card) }] : []
    const [label, settings] = variant.split(':') as [string, string]
    const set = settings.split(';').filter(Boolean)
    const options = Object.fromEntries(set.map((one) => one.split('=') as [string, string]))
    const events = runEpisode({
      model,
      study,
      siblings,
      method: methods.consistency,
      options,
      seed: 0,
      guard: true,
    })
    let next = await events.next()
    while (!next.done) next = await events.next()
    const { before, after, mask, guard, siblings: outcomes } = next.value
    const dice = (probabilities: ProbabilityMap): number => {
      const labels = restoreGrid(probabilities, study, model.card)
      const each = model.card.output.labels.map(({ value }) => overlap(labels, truth, [value]).dice)
      return Number((each.reduce((sum, one) => sum + one, 0) / each.length).toFixed(4))
    }
    return {
      subject,
      scan: of,
      other,
      variant: label,
      source: dice(before),
      last: dice(after),
      kept: dice(mask),
      verdict: guard.verdict,
      outcome: outcomes.map(({ sentence }) => sentence).join(' '),
    }
  }

  const alone = new Set<string>()
  for (const pair of pairs.split(',')) {
    const [of, other] = pair.split('+') as [string, string]
    for (const variant of variants.split(',')) {
      const [, settings = ''] = variant.split(':')
      // What only concerns other series changes nothing for a scan alone.
      const own = settings.split(';').filter((one) => !/^(cross|fuse)=/.test(one))
      const baseline = `alone:${own.join(';')}`
      if (!alone.has(`${of} ${baseline}`)) console.log(JSON.stringify(await episode(of, null, baseline)))
      alone.add(`${of} ${baseline}`)
      console.log(JSON.stringify(await episode(of, other, variant)))
    }
  }
}
