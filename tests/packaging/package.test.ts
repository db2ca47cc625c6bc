/** Packs the app around a stand-in for Electron's binary, looks at what is inside, and runs an episode from it under plain Node:
 *  all of an installer but Electron itself. */
import { extractAll, listPackage } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallName, Input, Output, Reply } from '../../main/contract/contract.ts'
import { thisBuild } from '../../main/app/build-files.ts'
import { freshFolder } from '../command-line.ts'
import { ballNifti, saveThresholdModel } from '../threshold-model.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const place = freshFolder()
const packed = join(place, 'dist/linux-unpacked')
const app = join(place, 'app')
const manifest = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>

const canPack = process.platform === 'linux' && process.arch === 'x64'
const packing = test.skipIf(!canPack)
if (!canPack) console.warn('Packaging is not tried here: the stand-in for Electron is that of Linux on x64.')

const ownManifest = readFileSync(join(root, 'package.json'), 'utf8')
let files: string[] = []
let host: ChildProcess | undefined
beforeAll(async () => {
  if (!canPack) return
  const env = { ...process.env, SCANBRIDGE_PACKAGE_ENGINE: 'none' }
  const out = `-c.directories.output=${join(place, 'dist')}`
  await run(process.execPath, [join(root, 'build/package.ts'), '--dir', '--stand-in', out], { env, maxBuffer: 1 << 26 })
  expect(readFileSync(join(root, 'package.json'), 'utf8')).toBe(ownManifest)
  const archive = join(packed, 'resources/app.asar')
  files = listPackage(archive, { isPack: false })
  extractAll(archive, app)
}, 400_000)
afterAll(() => {
  host?.kill('SIGKILL')
  rmSync(place, { recursive: true, force: true })
})

packing('what the app needs is inside', () => {
  for (const file of [
    'main/host/electron.js',
    'main/host/electron-preload.cjs',
    'main/host/worker.js',
    'main/engine/probe-files.js',
    'out/renderer/index.html',
    'models/brain-t1w/model.onnx',
    'models/brain-t1w/NOTICE.md',
    'models/brain-t1w-one-scanner/model.json',
    'fixtures/data/mni152.anatomy.gz',
    'fixtures/data/NOTICE.md',
    'licences.json',
    'node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    'node_modules/zod/LICENSE',
  ])
    expect(files, file).toContain(`/${file}`)
  expect(manifest(join(app, 'package.json'))).toMatchObject({ main: 'main/host/electron.js', type: 'module' })
  // Others may commit while this packs.
  if (thisBuild().commit !== null) expect(manifest(join(app, 'package.json'))['commit']).toMatch(/^[0-9a-f]{40}$/)
  expect(readFileSync(join(packed, 'resources/LICENSE.txt'))).toEqual(readFileSync(join(root, 'LICENSE')))
  // A compiler reads these: they lie beside the archive.
  const unpacked = join(packed, 'resources/app.asar.unpacked')
  for (const file of ['main/engine/quiet.c', 'node_modules/@tensorflow/tfjs-node/binding/tfjs_backend.cc'])
    expect(existsSync(join(unpacked, file)), file).toBe(true)
})

packing('nothing else is inside: no tests, no tools, no maps, no place of the machine that packed it', () => {
  const { devDependencies, dependencies } = manifest(join(root, 'package.json'))
  const packages = new Set(files.map((file) => /^\/node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(file)?.[1]))
  expect(Object.keys(devDependencies!).filter((name) => packages.has(name))).toEqual([])
  expect(Object.keys(dependencies!).filter((name) => !packages.has(name))).toEqual([])

  const own = files.filter((file) => !file.startsWith('/node_modules/'))
  expect(
    own.filter((file) => /\.test\.|\/tests?\/|\.ts$|\.map$|\/\.|scores\.json|training\.json|\.dcm$/.test(file)),
  ).toEqual([])
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([])
  const texts = own.filter((file) => /\.(c?js|json|html|css)$/.test(file))
  expect(texts.length).toBeGreaterThan(200)
  expect(texts.filter((file) => readFileSync(join(app, file), 'utf8').includes(root))).toEqual([])
})

packing('the binary has its fuses set', async () => {
  const wire = await getCurrentFuseWire(join(packed, 'scanbridge'))
  const on = (fuse: FuseV1Options): boolean => String.fromCharCode(wire[fuse]!) === '1'
  expect(on(FuseV1Options.RunAsNode)).toBe(false)
  expect(on(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(false)
  expect(on(FuseV1Options.EnableNodeCliInspectArguments)).toBe(false)
  expect(on(FuseV1Options.GrantFileProtocolExtraPrivileges)).toBe(false)
  expect(on(FuseV1Options.EnableCookieEncryption)).toBe(true)
  expect(on(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(true)
  expect(on(FuseV1Options.OnlyLoadAppFromAsar)).toBe(true)
})

packing('its host serves the page, and its worker runs an episode', async () => {
  const scan = join(place, 'scan.nii.gz')
  writeFileSync(scan, ballNifti().scan)
  await saveThresholdModel(join(place, 'models/threshold'))
  const home = join(place, 'home')
  const address = await serve(scan, { SCANBRIDGE_HOME: home, SCANBRIDGE_MODELS: join(place, 'models') })

  const page = await fetch(new URL('/', address))
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/)
  const html = await page.text()
  const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(html)![1]!
  expect((await fetch(new URL(`/${script}`, address))).status).toBe(200)

  const call = callAt(address)
  const names = (await call('model.list', {})).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['brain-t1w', 'brain-t1w-one-scanner', 'threshold']))
  expect((await call('app.about', {})).licences.length).toBeGreaterThan(20)

  const ended = async (id: string) => {
    for (;;) {
      const job = (await call('app.state', {})).jobs.find((one) => one.id === id)!
      if (job.state !== 'running') return job
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const { open } = await call('host.info', {})
  const opened = await ended((await call('input.open', { pick: open!.pick })).job)
  const { suggested } = (await call('app.state', {})).inputs.find(({ id }) => id === opened.input)!
  const tent = { model: 'threshold', method: 'tent', options: { steps: 2 }, seed: 1, guard: false, reference: null }
  const started = await call('adapt.start', { scan: suggested!, ...tent })
  expect(await ended(started.job)).toMatchObject({ state: 'done', error: null })
  expect(await call('run.read', { run: started.run })).toMatchObject({ state: 'done', steps: 2, kept: 2 })
  expect(readdirSync(join(home, 'runs', started.run))).toEqual(
    expect.arrayContaining(['run.json', 'steps.jsonl', 'mask.nii.gz', 'report.html', 'report.pdf']),
  )
})

packing('its command line works', async () => {
  const cli = join(app, 'main/cli/main.js')
  const { stdout } = await run(process.execPath, [cli, 'doctor', '--json'])
  expect(stdout).toMatch(/engine wasm/)
  const sample = join(place, 'sample')
  await run(process.execPath, [cli, 'simulate', '--scanner', 'se-t1', '--out', sample], { env: withoutCache() })
  expect(existsSync(join(sample, 'truth.nii.gz'))).toBe(true)
})

/** The compact anatomies of the package, not those that this machine may have made. */
function withoutCache(): NodeJS.ProcessEnv {
  return { ...process.env, SCANBRIDGE_CACHE: join(place, 'cache') }
}

/** The address that the packed host prints. */
async function serve(path: string, env: Record<string, string>): Promise<URL> {
  const args = [join(app, 'main/cli/main.js'), 'serve', path, '--no-open', '--json']
  const child = spawn(process.execPath, args, {
    cwd: place,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 2],
  })
  host = child
  let text = ''
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    text += chunk.toString()
    if (text.trimEnd().endsWith('}')) break
  }
  return new URL((JSON.parse(text) as { address: string }).address)
}

function callAt(address: URL): <K extends CallName>(name: K, input: Input<K>) => Promise<Output<K>> {
  const headers = { authorization: `Bearer ${address.hash.replace('#token=', '')}` }
  return async (name, input) => {
    const response = await fetch(new URL(`/call/${name}`, address), {
      method: 'POST',
      headers,
      body: JSON.stringify(input),
    })
    const reply = (await response.json()) as Reply<unknown>
    if (!reply.ok) throw new Error(`${name}: ${reply.error.message}`)
    return reply.value as never
  }
}
