/** `npm run calibrate -- MODEL... [--minutes N]`: what ways to adapt do to a shipped model on simulated scans, state by state, with
 *  the guard's scores; a line a state beside the training state, so that a run that was stopped goes on.
 *  `npm run calibrate -- MODEL... --fit`: the calibration from what was collected, into the model's folder. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { calibrate } from '../../main/adapt/calibrate.ts'
import { figuresOf } from '../../main/adapt/calibration-figures.ts'
import type { LabelledState } from '../../main/adapt/calibration-fit.ts'
import { calibrationEpisodes, collectStates } from '../../main/adapt/labelled-states.ts'
import type { LabelledEpisode } from '../../main/adapt/labelled-states.ts'
import { leaveOut } from '../../main/adapt/leave-out.ts'
import { startEngine } from '../../main/engine/pick-files.ts'
import { overlap } from '../../main/evaluate/overlap.ts'
import { calibrationIn, writeCalibration } from '../../main/model/calibration-files.ts'
import { loadUncalibrated } from '../../main/model/files.ts'
import type { Model } from '../../main/model/model.ts'
import { restoreGrid } from '../../main/predict/postprocess.ts'
import { toModelGrid } from '../../main/predict/preprocess.ts'
import type { ProbabilityMap } from '../../main/volume/volume.ts'
import { buildAnatomies } from './anatomy.ts'
import { calibrationCases } from './calibration-cases.ts'
import type { CalibrationCase } from './calibration-cases.ts'

/** A state of an episode on a simulated scan: a line of the journal. Dice is the mean of the labels against exact truth, on the
 *  scan's own grid. */
type CollectedState = Omit<LabelledState, 'subject'> & { readonly episode: string }

/** An episode that left no state to judge (it diverged, or there was nothing to do) is a line too: it is not run again. */
type Line = CollectedState | { readonly case: string; readonly episode: string; readonly none: true }

function journalOf({ card: { name, sha256 } }: Model): string {
  const cache = process.env['SCANBRIDGE_CACHE'] ?? join(homedir(), '.cache', 'scanbridge')
  mkdirSync(join(cache, 'calibration'), { recursive: true })
  return join(cache, 'calibration', `${name}-${sha256.slice(0, 12)}.jsonl`)
}

function readLines(path: string): Line[] {
  if (!existsSync(path)) return []
  // What a kill left of a last line does not end in a line break.
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return whole.filter(Boolean).map((line) => JSON.parse(line) as Line)
}

async function collect(names: readonly string[], minutes: number): Promise<void> {
  const until = performance.now() + minutes * 60_000
  const models = await Promise.all(names.map((name) => loadUncalibrated(name)))
  const known = new Map(models.map((model) => [model, new Set(readLines(journalOf(model)).map(keyOf))]))
  const cases = calibrationCases()
  for (const [number, one] of cases.entries()) {
    let made: ReturnType<CalibrationCase['make']> | undefined
    for (const model of models) {
      const left = calibrationEpisodes.filter(
        ({ name }) => !known.get(model)!.has(keyOf({ case: one.id, episode: name })),
      )
      if (left.length === 0) continue
      if (performance.now() > until) return
      made ??= one.make()
      const started = performance.now()
      await collectCase(model, one, made, left)
      const seconds = ((performance.now() - started) / 1000).toFixed(0)
      console.error(`${model.card.name}: case ${number + 1} of ${cases.length} (${one.id}) in ${seconds} s`)
    }
  }
  for (const model of models) model.dispose()
}

const keyOf = (line: { readonly case: string; readonly episode: string }): string => `${line.case}/${line.episode}`

async function collectCase(
  model: Model,
  { id, shift }: CalibrationCase,
  { volume, truth }: ReturnType<CalibrationCase['make']>,
  episodes: readonly LabelledEpisode[],
): Promise<void> {
  const study = toModelGrid(volume, model.card, model.stride)
  const dice = (probability: ProbabilityMap): number => {
    const labels = restoreGrid(probability, study, model.card)
    const each = model.card.output.labels.map(({ value }) => overlap(labels, truth, [value]).dice)
    return each.reduce((sum, value) => sum + value, 0) / each.length
  }
  for await (const { episode, states } of collectStates(model, study, dice, { episodes, seed: 0 })) {
    const lines: Line[] = states.map((state) => ({ case: id, shift, episode, ...state }))
    for (const { before, after } of states)
      console.error(`  ${model.card.name} ${id} ${episode}: ${before.toFixed(3)} -> ${after.toFixed(3)}`)
    if (lines.length === 0) lines.push({ case: id, episode, none: true })
    appendFileSync(journalOf(model), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }
}

async function fit(name: string): Promise<void> {
  const model = await loadUncalibrated(name)
  const { card } = model
  const subjects = new Map(calibrationCases().map(({ id, subject }) => [id, String(subject)]))
  const states = readLines(journalOf(model))
    .filter((line): line is CollectedState => !('none' in line))
    .flatMap((state): LabelledState[] => {
      const subject = subjects.get(state.case)
      return subject ? [{ ...state, subject }] : []
    })
  model.dispose()
  const data = 'simulated scans of the source scanner, ten others and five degradations'
  const calibration = calibrate(states, { model: { name: card.name, sha256: card.sha256 }, data })
  await writeCalibration(calibrationIn(fileURLToPath(new URL(`../${name}`, import.meta.url))), calibration)
  console.error(`${name}: ${JSON.stringify(calibration.figures, null, 2)}`)
  // Heads are copies of two templates (fixtures/README.md), which a forest may know again as well.
  const byTemplate = states.map((state) => ({ ...state, subject: Number(state.subject) % 2 ? 'MNI152' : 'Colin27' }))
  const { reliability: _, ...figures } = figuresOf(byTemplate, leaveOut(byTemplate, 'shift and subject').judged)
  console.error(`with all heads of the template left out too: ${JSON.stringify(figures, null, 2)}`)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: 'Infinity' }, fit: { type: 'boolean', default: false } },
})
await startEngine()
if (values.fit) for (const name of positionals) await fit(name)
else {
  await buildAnatomies()
  await collect(positionals, Number(values.minutes))
}
