import type { OptionValue } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import type { CaseRow, State } from '../evaluate/case-row.ts'
import { degradations } from '../evaluate/degrade.ts'
import type { Degradation } from '../evaluate/degrade.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { mean } from '../evaluate/statistics.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { predictStudy } from '../predict/predict.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import { notice } from '../report/report.ts'
import { breakLimit, stressCurve } from '../report/stress.ts'
import type { Stress, StressPoint } from '../report/stress.ts'
import { createRandom } from '../volume/random.ts'
import { writeNifti } from '../volume/nifti.ts'
import type { LabelMap } from '../volume/volume.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { evaluate } from './evaluate.ts'
import { readEvaluation, readRows } from './evaluation-files.ts'
import { readInput } from './input.ts'
import type { Input } from './input.ts'
import { labelNames } from './masks.ts'
import type { Work } from './progress.ts'
import { readReference } from './reference-files.ts'
import { hashOf, openCohort, writeStress } from './stress-files.ts'

export type StressRequest = {
  readonly path: string
  readonly series?: string | undefined
  readonly reference?: string | undefined
  readonly model: string
  readonly method: string
  readonly options: Readonly<Record<string, OptionValue>>
  /** Names of degradations; empty: all. */
  readonly only: readonly string[]
  readonly out: string
  readonly seed: number
  readonly engine: EngineChoice
}

const table: Readonly<Record<string, Degradation>> = degradations

/**
 * A scan made worse step by step, adapted to at every step: an evaluation (stopped, it goes on), and its curves. Without a
 * reference the source model's mask of the scan as it is stands for one, and the result says so.
 */
export async function stress(request: StressRequest, work: Work): Promise<{ stress: Stress; files: string[] }> {
  const names = request.only.length ? request.only : Object.keys(table)
  const unknown = names.find((name) => !Object.hasOwn(table, name))
  if (unknown !== undefined)
    throw new UserError('usage', {
      problem: `There is no degradation ${unknown}`,
      remedy: `Choose from: ${Object.keys(table).join(', ')}.`,
    })
  await startWork(request.engine)
  const input = await readInput(request.path, request.series, work)
  const model = await loadModel(request.model)
  const truth = await truthOf(request, input, model, work).finally(() => model.dispose())
  const { sha256 } = model.card
  const madeFrom = { scan: input.record.seriesHash, mask: hashOf(truth.data), model: sha256, seed: request.seed }
  const cohort = await openCohort(request.out, madeFrom)
  const rows: string[] = []
  const scan = async (name: string, volume: () => Input['volume'], labels: () => LabelMap): Promise<void> => {
    work.signal.throwIfAborted()
    work.onProgress('making the scan worse', rows.length / (names.length * 4 + 1))
    if (!cohort.has(`${name}-truth.nii.gz`)) {
      await cohort.write(`${name}.nii.gz`, writeNifti(volume()))
      await cohort.write(`${name}-truth.nii.gz`, writeNifti(labels()))
    }
    rows.push(`${name},${name}.nii.gz,${name}-truth.nii.gz,${name},${name === 'as-is' ? 'reference' : ''}`)
  }
  await scan('as-is', () => input.volume, () => truth) // prettier-ignore
  for (const name of names) {
    const { levels, apply, applyToLabels } = table[name]!
    const random = createRandom(request.seed).fork(name)
    for (const level of levels)
      await scan(
        caseName(name, level),
        () => apply(input.volume, level, random.fork('level')),
        () => applyToLabels?.(truth, level) ?? truth,
      )
  }
  await cohort.write('manifest.csv', ['case,image,reference,scanner,group', ...rows, ''].join('\n'))
  const { model: modelName, method, options, seed, engine } = request
  const asked = { manifest: cohort.manifest, model: modelName, methods: [{ name: method, options }], seed, engine }
  await evaluate({ ...asked, guard: true, keepRuns: false, toleranceMm: 1, out: cohort.evaluation }, work)
  const { evaluation } = cohort
  const result = summed(request, names, input, await readEvaluation(evaluation), await readRows(evaluation))
  return { stress: result, files: await writeStress(request.out, result) }
}

const caseName = (name: string, level: number): string => `${name}-${level}`

async function truthOf({ reference }: StressRequest, input: Input, model: Model, work: Work): Promise<LabelMap> {
  if (reference) return readReference(reference, input.volume, labelNames(model.card))
  const study = toModelGrid(input.volume, model.card, model.stride)
  return restoreGrid(await predictStudy(model, study, { signal: work.signal }), study, model.card)
}

function summed(
  { model, method, reference }: StressRequest,
  names: readonly string[],
  { record: { seriesHash, shape, spacing } }: Input,
  evaluation: Evaluation,
  rows: readonly CaseRow[],
): Stress {
  const point = (name: string, level: number): StressPoint => {
    const row = rows.find((one) => one.case === name)
    return { level, before: dice(row, 'before'), kept: dice(row, 'kept'), verdict: row?.verdict ?? null }
  }
  return {
    schema: 1,
    notice,
    scan: { seriesHash, shape, spacing },
    against: reference ? 'mask' : 'source',
    model,
    method,
    limit: breakLimit,
    evaluation,
    curves: names.map((degradation) => {
      const { title, unit, levels } = table[degradation]!
      const worse = levels.map((level) => point(caseName(degradation, level), level))
      return stressCurve({ degradation, title, unit }, [point('as-is', 0), ...worse])
    }),
  }
}

function dice(row: CaseRow | undefined, state: State): number | null {
  return row?.reference ? mean(Object.values(row.reference[state]).map((score) => score.dice)) : null
}
