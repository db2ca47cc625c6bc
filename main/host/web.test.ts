import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { frameType } from '../contract/contract.ts'
import type { Event, Reply } from '../contract/contract.ts'
import type { AppState, FolderListing, HostInfo, Job, Pick } from '../contract/schemas.ts'
import { ballNifti } from '../../tests/threshold-model.ts'
import { startWeb } from './web.ts'
import type { WebHost } from './web.ts'

const place = realpathSync(mkdtempSync(join(tmpdir(), 'scanbridge-web-')))
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_HOME'] = at('home')

let host: WebHost
let token = ''
let log = ''
beforeAll(async () => {
  mkdirSync(at('allowed', 'study'), { recursive: true })
  mkdirSync(at('secret'))
  writeFileSync(at('secret', 'other.nii'), 'x')
  writeFileSync(at('allowed', 'scan.nii.gz'), ballNifti().scan)
  symlinkSync(at('secret'), at('allowed', 'way-out'))
  host = await startWeb({ port: 0, roots: [at('allowed')], log: (text) => void (log += `${text}\n`) })
  token = /#token=([\w-]{43})$/.exec(host.address)![1]!
})
afterAll(async () => {
  await host.close()
  rmSync(place, { recursive: true, force: true })
})

type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: Buffer }
type Sent = { method?: string; headers?: Record<string, string>; body?: string | Buffer; isStranger?: boolean }

/** Sends the path and the headers as they stand, as no browser would. */
function send(
  path: string,
  { method = 'GET', headers = {}, body = '', isStranger = false }: Sent = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const known = isStranger ? {} : { authorization: `Bearer ${token}` }
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const options = { host: '127.0.0.1', port: host.port, path, method, headers: { ...length, ...known, ...headers } }
    const sent = httpRequest(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      const { statusCode: status = 0, headers } = response
      response.on('end', () => resolve({ status, headers, body: Buffer.concat(chunks) }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const json = (answer: Answer): Reply<unknown> => JSON.parse(answer.body.toString()) as Reply<unknown>
const post = (name: string, input: unknown): Promise<Answer> =>
  send(`/call/${name}`, { method: 'POST', body: JSON.stringify(input) })
async function call<T>(name: string, input: unknown = {}): Promise<T> {
  const reply = json(await post(name, input))
  if (!reply.ok) throw new Error(JSON.stringify(reply.error))
  return reply.value as T
}
const refusal = async (name: string, input: unknown): Promise<string> => {
  const reply = json(await post(name, input))
  return reply.ok ? 'ok' : reply.error.code
}
const put = (path: string, body: string | Buffer = 'x'): Promise<Answer> => send(path, { method: 'PUT', body })

/** One window's events. */
async function listen(): Promise<{ events: Event[]; end: () => void }> {
  const events: Event[] = []
  const controller = new AbortController()
  const { body } = await fetch(`http://127.0.0.1:${host.port}/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: controller.signal,
  })
  const read = async (): Promise<void> => {
    let rest = ''
    for await (const chunk of body!.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      events.push(...lines.filter(Boolean).map((line) => JSON.parse(line) as Event))
    }
  }
  read().catch(() => {})
  return { events, end: () => controller.abort() }
}

async function until(isSo: () => boolean): Promise<void> {
  for (const began = Date.now(); !isSo(); await new Promise((resolve) => setTimeout(resolve, 20)))
    if (Date.now() - began > 30_000) throw new Error(`waited for 30 s\n${log}`)
}

test('a window without the token of this launch gets nothing but the page', async () => {
  const missing = await send('/call/app.state', { method: 'POST', body: '{}', isStranger: true })
  expect([missing.status, json(missing)]).toMatchObject([401, { ok: false, error: { code: 'token-missing' } }])
  for (const wrong of ['x', token.slice(1), `${token}x`, token.replace(/.$/, '_'), '']) {
    const headers = { authorization: `Bearer ${wrong}` }
    for (const [method, path] of [
      ['POST', '/call/app.state'],
      ['GET', '/events'],
      ['PUT', '/upload/a/b'],
    ] as const)
      expect([401, 403]).toContain((await send(path, { method, headers, body: '{}' })).status)
  }
  expect((await post('app.state', {})).status).toBe(200)
})

test('another site, or a name that was made to point here, is refused everywhere', async () => {
  const own = `127.0.0.1:${host.port}`
  const strangers: Record<string, string>[] = [
    { host: `localhost:${host.port}` },
    { host: 'scanbridge.example' },
    { host: '127.0.0.1:1' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: `https://${own}` },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
  ]
  for (const headers of strangers) {
    expect((await send('/', { headers })).status, JSON.stringify(headers)).toBe(403)
    expect((await send('/call/app.state', { method: 'POST', headers, body: '{}' })).status).toBe(403)
  }
  const friend = { origin: `http://${own}`, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }
  expect((await send('/call/app.state', { method: 'POST', headers: friend, body: '{}' })).status).toBe(200)
})

test('only the ways in that the contract has', async () => {
  for (const [method, path] of [
    ...[
      ['GET', '/call/app.state'],
      ['PUT', '/call/app.state'],
      ['POST', '/events'],
      ['POST', '/upload/a/b'],
    ],
    ...[
      ['DELETE', '/'],
      ['OPTIONS', '/call/app.state'],
      ['POST', '/'],
    ],
  ] as [string, string][])
    expect((await send(path, { method, body: '{}' })).status, `${method} ${path}`).toBe(405)
  expect(await refusal('app.nothing', {})).toBe('request-unknown')
  expect(await refusal('constructor', {})).toBe('request-unknown')
  expect(await refusal('input.open', { pick: 3 })).toBe('request-invalid')
  expect(await refusal('input.open', { pick: '../../etc/passwd' })).toBe('request-invalid')
  expect(await refusal('input.open', { pick: '/etc' })).toBe('request-invalid')
  expect((await send('/call/app.state', { method: 'POST', body: '{' })).status).toBe(400)
  const large = await send('/call/app.state', { method: 'POST', body: JSON.stringify({ x: 'x'.repeat(2 ** 21) }) })
  expect([large.status, json(large)]).toMatchObject([
    400,
    { error: { message: expect.stringContaining('1 MB') as string } },
  ])
})

test('of the disk, the page alone is served, under a policy that lets nothing in', async () => {
  const outside = [
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/../../package.json',
  ]
  for (const path of [...outside, '//etc/passwd', '/%00', '/%', '/..\\..\\package.json', '/main/host/web.ts'])
    expect((await send(path, { isStranger: true })).status, path).toBe(404)
  const page = await send('/', { isStranger: true })
  expect(page.headers['x-content-type-options']).toBe('nosniff')
  expect(page.headers['referrer-policy']).toBe('no-referrer')
  expect(page.headers['cross-origin-opener-policy']).toBe('same-origin')
  expect(page.headers['cross-origin-resource-policy']).toBe('same-origin')
  if (page.status === 404) return expect(page.body.toString()).toContain('npm run build')
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/)
  expect(page.headers['content-security-policy']).not.toContain('unsafe')
  return expect(page.body.toString()).not.toContain(token)
})

test('the chooser shows what lies below its roots, and nothing else can be picked', async () => {
  const root = await call<FolderListing>('pick.browse', { folder: null })
  expect(root.entries.map(({ name, kind }) => [name, kind])).toEqual([
    ['study', 'folder'],
    ['scan.nii.gz', 'file'],
  ])
  expect(root.parent).toBeNull()
  const study = await call<FolderListing>('pick.browse', { folder: root.entries[0]!.id })
  expect(study).toMatchObject({ parent: root.id, entries: [] })
  expect(await call<Pick>('pick.choose', { entry: root.entries[1]!.id })).toMatchObject({ name: 'scan.nii.gz' })
  expect(await refusal('pick.choose', { entry: 'f'.repeat(32) })).toBe('pick-unknown')
  expect(await refusal('pick.browse', { folder: 'etc' })).toBe('pick-unknown')
  expect(await refusal('input.open', { pick: 'f'.repeat(32) })).toBe('pick-unknown')
  expect(await refusal('input.open', { pick: root.entries[1]!.id })).toBe('pick-unknown')
  // A folder that has become a link to elsewhere since it was listed.
  mkdirSync(at('allowed', 'later'))
  const { entries } = await call<FolderListing>('pick.browse', { folder: null })
  rmdirSync(at('allowed', 'later'))
  symlinkSync(at('secret'), at('allowed', 'later'))
  const later = entries.find(({ name }) => name === 'later')!.id
  expect(await refusal('pick.choose', { entry: later })).toBe('pick-refused')
  expect(await refusal('pick.browse', { folder: later })).toBe('pick-refused')
})

test('dropped files go to a folder of this launch and nowhere else', async () => {
  const { pick } = await call<Pick>('pick.upload', { name: 'dropped' })
  const outside = [
    ...[
      '..%2f..%2fx.dcm',
      '%2e%2e/x.dcm',
      'a/../../x.dcm',
      '..',
      'a//b',
      '%2fetc%2fx',
      'a%5c..%5cx',
      'a%00b',
      '%E0%A4%A',
    ],
    ...['CON', 'a/nul.dcm', 'x'.repeat(256), Array(40).fill('d').join('/')],
  ]
  for (const path of outside) {
    const answer = await put(`/upload/${pick}/${path}`)
    expect([answer.status, json(answer)], path).toMatchObject([400, { ok: false, error: { code: 'upload-refused' } }])
  }
  expect((await put(`/upload/${'f'.repeat(32)}/x`)).status).toBe(400)
  expect((await put('/upload/x')).status).toBe(400)

  const mine = readdirSync(tmpdir()).filter((name) => name.startsWith(`scanbridge-upload-${process.pid}-`))
  expect(mine).toHaveLength(1)
  const folder = join(tmpdir(), mine[0]!, '0')
  expect(readdirSync(folder)).toEqual([])
  expect((await put(`/upload/${pick}/study/a%20b/IM%C3%84GE.dcm`, 'bytes')).status).toBe(200)
  expect(readFileSync(join(folder, 'study', 'a b', 'IMÄGE.dcm'), 'utf8')).toBe('bytes')
  // Neither over a file nor through a link.
  expect((await put(`/upload/${pick}/study/a%20b/IM%C3%84GE.dcm`, 'other')).status).toBe(400)
  symlinkSync(at('secret'), join(folder, 'link'))
  expect((await put(`/upload/${pick}/link/new.dcm`)).status).toBe(400)
  symlinkSync(at('secret', 'made.dcm'), join(folder, 'made.dcm'))
  expect((await put(`/upload/${pick}/made.dcm`)).status).toBe(400)
  expect(readdirSync(at('secret'))).toEqual(['other.nii'])
  const huge = await send(`/upload/${pick}/huge.dcm`, {
    method: 'PUT',
    headers: { 'content-length': String(2 ** 34) },
  }).catch(() => undefined)
  expect(huge && json(huge)).toMatchObject({ error: { message: 'huge.dcm was not taken: it is larger than 8 GB.' } })
})

test('an upload can be opened, two windows are told, and voxels come as an aligned frame', async () => {
  const [one, two] = [await listen(), await listen()]
  const { pick } = await call<Pick>('pick.upload', { name: 'ball.nii.gz' })
  expect((await put(`/upload/${pick}/ball.nii.gz`, Buffer.from(ballNifti().scan))).status).toBe(200)
  const { job } = await call<{ job: string }>('input.open', { pick })
  const isDone = ({ event, payload }: Event): boolean =>
    event === 'job' && payload.id === job && payload.state === 'done'
  await until(() => one.events.some(isDone) && two.events.some(isDone))
  const input = (one.events.find(isDone)!.payload as Job).input!
  const { inputs } = await call<{ inputs: { id: string; suggested: unknown; name: string }[] }>('app.state')
  const scan = inputs.find(({ id }) => id === input)!
  expect(scan.name).toBe('ball.nii.gz')

  const frame = await post('input.voxels', scan.suggested)
  expect(frame.headers['content-type']).toBe(frameType)
  const length = frame.body.readUInt32LE(0)
  expect((4 + length) % 8).toBe(0)
  const header = JSON.parse(frame.body.subarray(4, 4 + length).toString()) as { shape: number[]; type: string }
  const bytesPerVoxel = { uint8: 1, int16: 2, uint16: 2, float32: 4 }[header.type]!
  expect(frame.body.length - 4 - length).toBe(header.shape.reduce((a, b) => a * b) * bytesPerVoxel)
  // A refusal of a frame call is JSON.
  expect(await refusal('input.voxels', { input: 'gone', series: 'x', volume: 0 })).not.toBe('ok')
  one.end()
  two.end()
})

/** The processes that a process has forked. */
const children = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
const isLinux = process.platform === 'linux'

test.runIf(isLinux)(
  'the worker killed: windows are told at once and again when it is back, open scans too',
  async () => {
    const window = await listen()
    const before = await call<AppState>('app.state')
    expect(before.inputs).toHaveLength(1)
    const states = (): string[] =>
      window.events.flatMap(({ event, payload }) => (event === 'worker' ? payload.state : []))
    for (const pid of children(process.pid))
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker.ts')) process.kill(pid, 'SIGKILL')
    await until(() => states().length === 2)
    expect(states()).toEqual(['lost', 'ready'])
    expect((await call<HostInfo>('host.info')).worker).toBe('ready')
    const after = await call<AppState>('app.state')
    expect(after.inputs.map(({ id }) => id)).toEqual(before.inputs.map(({ id }) => id))
    window.end()
  },
)

test.runIf(isLinux)('serve tells its address, serves, and leaves no process and no copies on Ctrl-C', async () => {
  const main = join(import.meta.dirname, '../cli/main.ts')
  const scan = at('allowed', 'scan.nii.gz')
  const child = spawn(process.execPath, [main, 'serve', scan, '--no-open', '--json', '--sample'], { cwd: place })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await until(() => stdout.endsWith('\n'))
  const { address } = JSON.parse(stdout) as { address: string }
  const [url, key] = address.split('#token=') as [string, string]
  const ask = async (name: string, input: unknown): Promise<unknown> => {
    const headers = { authorization: `Bearer ${key}` }
    const response = await fetch(`${url}call/${name}`, { method: 'POST', headers, body: JSON.stringify(input) })
    return ((await response.json()) as { value: unknown }).value
  }
  const info = (await ask('host.info', {})) as HostInfo
  expect(info).toMatchObject({ kind: 'web', picker: 'browser', open: { name: 'scan.nii.gz' }, opensSample: true })
  expect(await ask('input.open', { pick: info.open!.pick })).toHaveProperty('job')
  await ask('pick.upload', { name: 'dropped' })
  const [worker] = children(child.pid!)
  expect(readFileSync(`/proc/${worker}/cmdline`, 'utf8')).toContain('worker.ts')
  child.kill('SIGINT')
  expect(await ended, stderr).toBe(130)
  expect(existsSync(`/proc/${worker}`)).toBe(false)
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`scanbridge-upload-${child.pid}-`))).toEqual([])
})
