import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { writeNifti } from '../main/volume/nifti.ts'
import { createRandom } from '../main/volume/random.ts'
import { freshFolder, scanbridge } from './command-line.ts'
import { cache, findSnakemake } from './python.ts'
import { ballScan, saveThresholdModel } from './threshold-model.ts'

const root = join(import.meta.dirname, '..')
const snakemake = findSnakemake()
const why = 'reason' in snakemake ? ` (skipped: Snakemake cannot be installed: ${snakemake.reason})` : ''
const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = at('models')
  await saveThresholdModel(at('models', 'threshold'))
  const { volume, truth } = ballScan()
  writeFileSync(at('truth.nii.gz'), writeNifti(truth))
  const rows = ['A', 'B', 'C', 'D'].map((name, n) => {
    const random = createRandom(n)
    const data = volume.data.map((value) => Math.abs(value + 60 * n + 20 * random.normal()))
    writeFileSync(at(`${name}.nii.gz`), writeNifti({ ...volume, data }))
    return `${name},${name}.nii.gz,truth.nii.gz,${name}`
  })
  writeFileSync(at('cohort.csv'), ['case,image,reference,scanner', ...rows, ''].join('\n'))
})

test.skipIf(why !== '')(
  `Snakemake runs shards, tries a failed one again, and comes to a single run's files${why}`,
  async () => {
    // The first try of the second shard is killed in the middle, as by a node that goes away.
    const launcher = at('scanbridge')
    const main = join(root, 'main/cli/main.ts')
    const script = `#!/bin/sh
case "$*" in *"--shard 2/2"*) if [ ! -e ${at('tried')} ]; then touch ${at('tried')}; kill -9 $$; fi;; esac
exec ${process.execPath} ${main} "$@"
`
    writeFileSync(launcher, script)
    chmodSync(launcher, 0o755)
    const settings = {
      manifest: at('cohort.csv'),
      out: at('out'),
      shards: '2',
      threads: '1',
      model: 'threshold',
      methods: 'norm',
      scanbridge: launcher,
    }
    const config = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
    const args = ['--snakefile', join(root, 'build/cluster/Snakefile'), '--cores', '2', '--directory', place]
    const path = 'path' in snakemake ? snakemake.path : ''
    const { status, stderr } = spawnSync(path, [...args, '--config', ...config], {
      encoding: 'utf8',
      env: { ...process.env, HOME: place, SCANBRIDGE_CACHE: cache },
    })
    expect(status, stderr).toBe(0)
    expect(existsSync(at('tried'))).toBe(true)
    const single = [
      at('cohort.csv'),
      '--model',
      'threshold',
      '--method',
      'norm',
      '--threads',
      '1',
      '--out',
      at('single'),
    ]
    expect((await scanbridge(['evaluate', ...single])).code).toBe(0)
    const reports = ['report.html', 'report.pdf', 'report.json', 'report.csv']
    for (const name of ['evaluation.json', 'cases.jsonl', 'cases.csv', 'summary.json', ...reports])
      expect(readFileSync(at('out', 'evaluation', name), 'utf8'), name).toBe(readFileSync(at('single', name), 'utf8'))
  },
  300_000,
)
