/** Every method on every simulated scanner, side by side: `scanbridge bakeoff`. Stopped, it goes on where it was. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { presetIds, scan } from '../fixtures/presets.ts'
import type { PresetId } from '../fixtures/presets.ts'
import { simulatedSubject } from '../fixtures/simulate.ts'
import { thinned } from '../fixtures/thinned.ts'
import type { Method } from '../main/adapt/method.ts'
import { methods as allMethods } from '../main/adapt/methods/index.ts'
import { thisBuild } from '../main/app/build-files.ts'
import type { EngineChoice } from '../main/app/engine.ts'
import { evaluate } from '../main/app/evaluate.ts'
import type { CaseTiming } from '../main/app/evaluation-files.ts'
import { readRows } from '../main/app/evaluation-files.ts'
import type { Work } from '../main/app/progress.ts'
import { UserError } from '../main/errors.ts'
import { startEngine } from '../main/engine/pick-files.ts'
import { loadModel } from '../main/model/files.ts'
import { writeNifti } from '../main/volume/nifti.ts'
import { createRandom } from '../main/volume/random.ts'
import type { LabelMap, Volume } from '../main/volume/volume.ts'
import { bakeoffFigure } from './bakeoff-figure.ts'
import { bakeoffTable, scoreMethods } from './bakeoff-table.ts'
import type { BakeoffCase, MethodScore } from './bakeoff-table.ts'

export type BakeoffRequest = {
  readonly models: readonly string[]
  /** Empty: all that apply to the model. */
  readonly methods: readonly string[]
  /** Empty: all presets. The source scanner is always among them: it is what shifts are measured from. */
  readonly scanners: readonly string[]
  readonly subjects: readonly number[]
  readonly seeds: readonly number[]
  /** The same number of updates for every method that has them; undefined: each method's own. */
  readonly steps: number | undefined
  /** Of each scan some slices only, evenly spread; undefined: all. */
  readonly slices: number | undefined
  readonly out: string
  readonly engine: EngineChoice
}

export type BakeoffResult = {
  readonly schema: 1
  readonly scanbridge: { readonly version: string; readonly commit: string | null }
  readonly engine: string
  readonly machine: string
  readonly subjects: readonly number[]
  readonly scanners: readonly string[]
  readonly seeds: readonly number[]
  readonly steps: number | null
  readonly slices: number | null
  readonly models: readonly {
    readonly model: string
    readonly sha256: string
    readonly methods: readonly MethodScore[]
    /** Methods left out, and why they do not apply. */
    readonly notApplicable: readonly { readonly method: string; readonly reason: string }[]
  }[]
}

export async function bakeoff(request: BakeoffRequest, work: Work): Promise<BakeoffResult> {
  const scanners = scannersOf(request.scanners)
  mkdirSync(join(request.out, 'cohort'), { recursive: true })
  const manifest = makeCohort(request, scanners, work)
  const engine = await startEngine(request.engine)
  const models: BakeoffResult['models'][number][] = []
  for (const model of request.models) models.push(await bakeModel(request, model, manifest, work))
  const result: BakeoffResult = {
    schema: 1,
    scanbridge: thisBuild(),
    engine: `${engine.name} ${engine.version}`,
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${engine.threads} threads`,
    subjects: request.subjects,
    scanners,
    seeds: request.seeds,
    steps: request.steps ?? null,
    slices: request.slices ?? null,
    models,
  }
  writeFileSync(join(request.out, 'bakeoff.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(request.out, 'bakeoff.md'), models.map(bakeoffTable).join('\n'))
  for (const one of models) writeFileSync(join(request.out, `${one.model}.svg`), bakeoffFigure(one))
  return result
}

function scannersOf(names: readonly string[]): PresetId[] {
  const unknown = names.find((name) => !presetIds.some((id) => id === name))
  if (unknown !== undefined)
    throw new UserError('usage', {
      problem: `There is no simulated scanner ${unknown}`,
      remedy: `Choose from: ${presetIds.join(', ')}.`,
    })
  return presetIds.filter((id) => id === 'source' || names.length === 0 || names.includes(id))
}

/** Scans and truths as NIfTI, and their manifest; what is there already stays. */
function makeCohort({ subjects, slices, out }: BakeoffRequest, scanners: readonly PresetId[], work: Work): string {
  const rows: string[] = []
  for (const [s, subject] of subjects.entries()) {
    work.onProgress('simulating', s / subjects.length)
    work.signal.throwIfAborted()
    const names = { truth: `${subject}-truth.nii.gz`, scan: (id: PresetId) => `${subject}-${id}.nii.gz` }
    const at = (name: string): string => join(out, 'cohort', name)
    const isThere = [names.truth, ...scanners.map(names.scan)].every((name) => existsSync(at(name)))
    if (!isThere) {
      const phantom = simulatedSubject(subject)
      const { shape, affine, labels } = phantom
      const some = <T extends Volume | LabelMap>(whole: T): T => (slices === undefined ? whole : thinned(whole, slices))
      writeWhole(at(names.truth), writeNifti(some({ shape, affine, data: labels })))
      for (const id of scanners)
        writeWhole(at(names.scan(id)), writeNifti(some(scan(phantom, id, createRandom(subject).fork(id)))))
    }
    for (const id of scanners)
      rows.push(
        `${id} ${subject},${names.scan(id)},${names.truth},${id},${id === 'source' ? 'reference' : ''},${subject}`,
      )
  }
  const manifest = join(out, 'cohort', 'manifest.csv')
  writeWhole(manifest, ['case,image,reference,scanner,group,subject', ...rows, ''].join('\n'))
  return manifest
}

/** A file that is there is whole. */
function writeWhole(path: string, content: Uint8Array | string): void {
  writeFileSync(`${path}.part`, content)
  renameSync(`${path}.part`, path)
}

async function bakeModel(
  { methods: wanted, seeds, steps, out, engine }: BakeoffRequest,
  name: string,
  manifest: string,
  work: Work,
): Promise<BakeoffResult['models'][number]> {
  const model = await loadModel(name)
  const { sha256 } = model.card
  const candidates = [...new Set(['source', ...(wanted.length ? wanted : Object.keys(allMethods))])].map((method) => {
    if (!Object.hasOwn(allMethods, method))
      throw new UserError('usage', { problem: `There is no method ${method}`, remedy: 'See `scanbridge methods`.' })
    const definition = (allMethods as Record<string, Method>)[method]!
    const options = steps !== undefined && 'steps' in definition.options ? { steps } : {}
    const defaults = Object.fromEntries(Object.entries(definition.options).map(([key, { value }]) => [key, value]))
    return { name: method, options, obstacle: definition.obstacle?.(model, { ...defaults, ...options }) }
  })
  model.dispose()
  const applicable = candidates.filter(({ obstacle }) => !obstacle)
  const cases: BakeoffCase[] = []
  // A method at a time: what is added to an earlier bake-off is all that runs.
  for (const [n, { name: method, options }] of applicable.entries())
    for (const seed of seeds) {
      const folder = join(
        out,
        'evaluations',
        `${name}-${method}-seed${seed}${steps === undefined ? '' : `-steps${steps}`}`,
      )
      const request = { manifest, model: name, methods: [{ name: method, options }], out: folder }
      await evaluate(
        { ...request, guard: true, keepRuns: false, toleranceMm: 1, seed, engine },
        {
          signal: work.signal,
          onProgress: (stage, share, left) =>
            work.onProgress(`${name}, ${method} (${n + 1} of ${applicable.length}), ${stage}`, share, left),
        },
      )
      const timings = readTimings(folder)
      for (const row of await readRows(folder))
        cases.push({ row, seed, timing: timings.find((one) => one.case === row.case) })
    }
  return {
    model: name,
    sha256,
    methods: scoreMethods(cases),
    notApplicable: candidates.flatMap(({ name: method, obstacle }) => (obstacle ? [{ method, reason: obstacle }] : [])),
  }
}

function readTimings(folder: string): CaseTiming[] {
  const path = join(folder, 'timing.jsonl')
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as CaseTiming)
}
