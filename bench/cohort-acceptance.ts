/**
 * A cohort with the shipped model, as a lab would run it over night, and what an auditor would ask of it. 24 simulated studies
 * of 4 scanners (thin: few slices) as DICOM with references, and one that is missing, through `evaluate` with two methods:
 * undisturbed; killed with -9 at seeded moments and resumed; in shards under Snakemake, one of which dies; those shards merged
 * in another order. Every file has to be the same, byte for byte, but for the times.
 *   node bench/cohort-acceptance.ts [--out DIR] [--model NAME] [--seed N] > result.json
 * Some 10 minutes on two quiet cores. Exits 1 where a file differs. With --out what was done stays there, and the same command
 * goes on after its first part.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDicom } from '../fixtures/dicom-writer.ts'
import { everyNth } from '../fixtures/phantom.ts'
import { acquire, presets } from '../fixtures/presets.ts'
import { simulatedSubject } from '../fixtures/simulate.ts'
import { thisBuild } from '../main/app/build-files.ts'
import { writeNifti } from '../main/volume/nifti.ts'
import { createRandom } from '../main/volume/random.ts'
import { cache, findSnakemake } from '../tests/python.ts'

const scanners = ['source', 'spgr-low-flip', 'se-t1', '3T-spgr-coil-noise'] as const
const subjects = [5200, 5201, 5202, 5203, 5204, 5205]
const methods = ['norm', 'consistency']
const episodes = (scanners.length * subjects.length + 1) * methods.length
/** Of a head of 56 slices; the first is outside the brain. */
const [everySlice, firstSlice] = [8, 4]
const killCount = 3
const root = resolve(import.meta.dirname, '..')

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    model: { type: 'string', default: 'brain-t1w' },
    seed: { type: 'string', default: '0' },
  },
})
const seed = Number(options.seed)
// A folder as labs have them: with a space and an umlaut.
const place = join(options.out ? resolve(options.out) : mkdtempSync(join(tmpdir(), 'scanbridge-')), 'Köpfe im Labor')
const at = (...names: string[]): string => join(place, ...names)
const say = (text: string): void => console.error(text)

/** One head a subject, as each scanner sees it. Returns the manifest. */
function makeCohort(): string {
  const rows: string[] = []
  for (const subject of subjects) {
    const phantom = everyNth(simulatedSubject(subject), everySlice, firstSlice)
    for (const id of scanners) {
      const name = `${id} ${subject}`
      const { volume, sequence } = acquire(phantom, id, createRandom(subject).fork(id))
      const facts = { equipment: presets[id].equipment, sequence, subject, sliceThicknessMm: 3 }
      mkdirSync(at('scans', name, 'dicom'), { recursive: true })
      for (const file of writeDicom(volume, facts)) writeFileSync(at('scans', name, 'dicom', file.name), file.bytes)
      const { shape, affine, labels } = phantom
      writeFileSync(at('scans', name, 'truth.nii.gz'), writeNifti({ shape, affine, data: labels }))
      rows.push(`${name},scans/${name}/dicom,scans/${name}/truth.nii.gz,${id},${id === 'source' ? 'reference' : ''}`)
    }
  }
  rows.push('missing,scans/missing/dicom,,se-t1,')
  writeFileSync(at('cohort.csv'), ['case,image,reference,scanner,group', ...rows, ''].join('\n'))
  return at('cohort.csv')
}

const program = [process.execPath, join(root, 'main/cli/main.ts')] as const
const settings = ['--model', options.model, '--seed', String(seed), '--threads', '1', '--keep-runs']
const asked = (out: string): string[] => [
  ...['evaluate', at('cohort.csv'), ...methods.flatMap((name) => ['--method', name]), ...settings, '--out', at(out)],
]

/** A process of its own, as a user starts it; `until` resolved, it is killed with -9. */
async function evaluate(out: string, until?: () => Promise<void>): Promise<{ wasKilled: boolean; seconds: number }> {
  const started = performance.now()
  const child = spawn(program[0], [program[1], ...asked(out)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise<number | null>((done) => child.once('close', done))
  if (until) void until().then(() => child.kill('SIGKILL'))
  const code = await ended
  if (code !== 0 && code !== null) throw new Error(`evaluate --out ${out} ended with ${code}`)
  return { wasKilled: code === null, seconds: (performance.now() - started) / 1000 }
}

const rowsOf = (folder: string): number =>
  existsSync(at(folder, 'cases.jsonl')) ? readFileSync(at(folder, 'cases.jsonl'), 'utf8').split('\n').length - 1 : 0
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

type Kill = { readonly afterRows: number; readonly plusMs: number; readonly rowsThen: number }

/** Killed somewhere in each third but the last moments: after a row of it, and some time into the next episode. */
async function killedAndResumed(): Promise<{ kills: Kill[]; seconds: number }> {
  const random = createRandom(seed).fork('kills')
  const done: Kill[] = []
  let seconds = 0
  for (let n = 0; n < killCount; n++) {
    const afterRows = Math.floor((episodes / killCount) * (n + 0.9 * random.next()))
    const plusMs = Math.round(random.uniform(0, 4000))
    const { wasKilled, seconds: spent } = await evaluate('killed', async () => {
      while (rowsOf('killed') < afterRows) await wait(20)
      await wait(plusMs)
    })
    if (!wasKilled) throw new Error('the evaluation had ended before it was killed')
    done.push({ afterRows, plusMs, rowsThen: rowsOf('killed') })
    say(`killed -9 after ${rowsOf('killed')} of ${episodes} rows`)
    seconds += spent
  }
  return { kills: done, seconds: seconds + (await evaluate('killed')).seconds }
}

type FirstPart = {
  readonly undisturbed: number | null
  readonly killed: number | null
  readonly kills: readonly Kill[]
}

/** Side by side, since either uses one core. */
async function firstPart(): Promise<FirstPart> {
  const journal = at('first-part.json')
  if (existsSync(journal)) return JSON.parse(readFileSync(journal, 'utf8')) as FirstPart
  say(`${scanners.length * subjects.length} studies are simulated in ${place}`)
  makeCohort()
  const [{ seconds: undisturbed }, { seconds: killed, kills }] = await Promise.all([
    evaluate('undisturbed'),
    killedAndResumed(),
  ])
  const done = { undisturbed, killed, kills }
  writeFileSync(journal, JSON.stringify(done))
  return done
}

const shards = 3

/** Two shards at a time; the first try of the second one is killed with -9 in the middle. */
function underSnakemake(): { seconds: number } | { notRun: string } {
  const snakemake = findSnakemake()
  if ('reason' in snakemake) return { notRun: snakemake.reason }
  const launcher = at('scanbridge')
  const run = `"${program.join('" "')}" "$@"`
  const script = `#!/bin/sh
case "$*" in *"--shard 2/${shards}"*) if [ ! -e "${at('tried')}" ]; then
touch "${at('tried')}"; ${run} & sleep 40; kill -9 $!; exit 137; fi;; esac
exec ${run}
`
  writeFileSync(launcher, script)
  chmodSync(launcher, 0o755)
  const config = {
    ...{ manifest: at('cohort.csv'), out: at('cluster'), shards, threads: 1, model: options.model },
    ...{
      methods: methods.join(','),
      scanbridge: launcher.replaceAll(' ', '\\ '),
      options: `--seed ${seed} --keep-runs`,
    },
  }
  const started = performance.now()
  const { status, stderr } = spawnSync(
    snakemake.path,
    [
      ...['--snakefile', join(root, 'build/cluster/Snakefile'), '--cores', '2', '--directory', place, '--config'],
      ...Object.entries(config).map(([key, value]) => `${key}=${value}`),
    ],
    { encoding: 'utf8', env: { ...process.env, HOME: place, SCANBRIDGE_CACHE: cache } },
  )
  if (status !== 0) throw new Error(`Snakemake ended with ${status}: ${stderr.slice(-4000)}`)
  if (!existsSync(at('tried'))) throw new Error('no shard was killed')
  return { seconds: (performance.now() - started) / 1000 }
}

/** SHA-256 of every file but the times. */
function hashes(folder: string): Record<string, string> {
  const names = readdirSync(at(folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isFile() && entry.name !== 'timing.jsonl' ? entry.name : []))
    .sort()
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(at(folder, name)))
        .digest('hex'),
    ]),
  )
}

type Timing = Readonly<Record<'readMs' | 'episodeMs' | 'scoreMs' | 'residentMb', number>> & { readonly method: string }

/** Of the undisturbed process: resident memory does not grow with the cohort. */
function measured(): Record<string, unknown> {
  const lines = readFileSync(at('undisturbed', 'timing.jsonl'), 'utf8').trim().split('\n')
  const timing = lines.map((line) => JSON.parse(line) as Timing)
  const resident = timing.map(({ residentMb }) => residentMb)
  const quarter = Math.floor(resident.length / 4)
  const mean = (values: readonly number[]): number =>
    Math.round(values.reduce((sum, value) => sum + value, 0) / values.length)
  const own = (method: string): number =>
    mean(timing.flatMap((one) => (one.method === method && one.episodeMs > 0 ? one.episodeMs : [])))
  return {
    residentMb: {
      first: resident[0],
      last: resident.at(-1),
      peak: Math.max(...resident),
      meanOfSecondQuarter: mean(resident.slice(quarter, 2 * quarter)),
      meanOfLastQuarter: mean(resident.slice(-quarter)),
    },
    meanEpisodeMs: Object.fromEntries(methods.map((method) => [method, own(method)])),
    meanScoreMs: mean(timing.flatMap(({ scoreMs }) => (scoreMs > 0 ? scoreMs : []))),
  }
}

mkdirSync(place, { recursive: true })
const began = performance.now()
const first = await firstPart()
say('the same in shards under Snakemake')
const cluster = underSnakemake()
const folders = ['undisturbed', 'killed']
if ('seconds' in cluster) {
  const parts = Array.from({ length: shards }, (_, n) => at('cluster', 'shards', String(shards - n)))
  const merged = spawnSync(program[0], [program[1], 'merge', ...parts, '--out', at('merged')], { encoding: 'utf8' })
  if (merged.status !== 0) throw new Error(merged.stderr)
  folders.push(join('cluster', 'evaluation'), 'merged')
}
const files = Object.fromEntries(folders.map((folder) => [folder, hashes(folder)]))
const isEqual = folders.every((folder) => JSON.stringify(files[folder]) === JSON.stringify(files['undisturbed']))
console.log(
  JSON.stringify(
    {
      isEqual,
      scanbridge: thisBuild(),
      machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30) },
      cohort: {
        ...{
          scanners,
          subjects,
          studies: scanners.length * subjects.length,
          missing: 1,
          methods,
          model: options.model,
        },
        ...{ slices: Math.ceil((56 - firstSlice) / everySlice), episodes, rows: rowsOf('undisturbed'), seed },
      },
      seconds: {
        all: (performance.now() - began) / 1000,
        undisturbed: first.undisturbed,
        killed: first.killed,
        cluster,
      },
      kills: first.kills,
      measured: measured(),
      files,
    },
    null,
    2,
  ),
)
if (!options.out) rmSync(resolve(place, '..'), { recursive: true, force: true })
process.exitCode = isEqual ? 0 : 1
