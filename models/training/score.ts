/** `npm run scores -- MODEL...`: what the default preset does on simulated scanners, written to models/MODEL/scores.json.
 *  Cases done are kept beside the training state, so a run that was stopped goes on. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { presetIds, scan } from '../../fixtures/presets.ts'
import type { PresetId } from '../../fixtures/presets.ts'
import { simulatedSubject } from '../../fixtures/simulate.ts'
import { runEpisode } from '../../main/adapt/episode.ts'
import { methods } from '../../main/adapt/methods/index.ts'
import { startEngine } from '../../main/engine/pick-files.ts'
import { overlap } from '../../main/evaluate/overlap.ts'
import { loadModel } from '../../main/model/files.ts'
import type { Model } from '../../main/model/model.ts'
import { restoreGrid } from '../../main/predict/postprocess.ts'
import { toModelGrid } from '../../main/predict/preprocess.ts'
import type { LabelMap, ProbabilityMap } from '../../main/volume/volume.ts'
import { createRandom } from '../../main/volume/random.ts'
import { buildAnatomies } from './anatomy.ts'
import type { Case } from './score-summary.ts'
import { summarise } from './score-summary.ts'

/** Held-out heads (fixtures/README.md): even numbers are deformed copies of Colin27, odd ones of MNI152. */
const subjects = (process.env['SCANBRIDGE_SCORE_SUBJECTS'] ?? '5000,5001').split(',').map(Number)

async function scoreCase(model: Model, scanner: PresetId, subject: number): Promise<Case> {
  const phantom = simulatedSubject(subject, 'axial-3mm', { full: true })
  const volume = scan(phantom, scanner, createRandom(subject).fork(scanner))
  const truth: LabelMap = { shape: phantom.shape, affine: phantom.affine, data: phantom.labels }
  const study = toModelGrid(volume, model.card, model.stride)
  const started = performance.now()
  const episode = runEpisode({ model, study, method: methods.consistency, seed: 0, guard: true })
  let next = await episode.next()
  while (!next.done) next = await episode.next()
  const { before, after, mask, kept, guard } = next.value
  const dice = (probabilities: ProbabilityMap): number[] => {
    const labels = restoreGrid(probabilities, study, model.card)
    return model.card.output.labels.map(({ value }) => overlap(labels, truth, [value]).dice)
  }
  return {
    scanner,
    subject,
    before: dice(before),
    after: dice(after),
    kept: dice(mask),
    keptStep: kept,
    verdict: guard.verdict,
    scores: guard.scores,
    reasons: guard.reasons,
    seconds: (performance.now() - started) / 1000,
  }
}

async function scoreModel(name: string): Promise<void> {
  const model = await loadModel(name)
  const cache = process.env['SCANBRIDGE_CACHE'] ?? join(homedir(), '.cache', 'scanbridge')
  mkdirSync(join(cache, 'scores'), { recursive: true })
  const journal = join(cache, 'scores', `${name}-${model.card.sha256.slice(0, 12)}.jsonl`)
  const done: Case[] = existsSync(journal)
    ? readFileSync(journal, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Case)
    : []
  const cases: Case[] = []
  for (const subject of subjects)
    for (const scanner of presetIds) {
      const known = done.find((old) => old.scanner === scanner && old.subject === subject)
      const result = known ?? (await scoreCase(model, scanner, subject))
      if (!known) appendFileSync(journal, `${JSON.stringify(result)}\n`)
      cases.push(result)
      const mean = (values: readonly number[]): string =>
        (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3)
      console.error(
        `${name} ${scanner} ${subject}: source ${mean(result.before)} adapted ${mean(result.after)} kept ${mean(result.kept)} (${result.verdict}, ${result.seconds.toFixed(0)} s)`,
      )
    }
  const out = fileURLToPath(new URL(`../${name}/scores.json`, import.meta.url))
  writeFileSync(out, `${JSON.stringify({ model: name, sha256: model.card.sha256, ...summarise(cases) }, null, 2)}\n`)
  model.dispose()
}

await startEngine()
await buildAnatomies()
for (const name of process.argv.slice(2)) await scoreModel(name)
