import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ballNifti } from '../../tests/threshold-model.ts'
import type { AppState } from '../contract/schemas.ts'
import { forkNode } from './fork.ts'
import { supervise } from './supervise.ts'

const place = mkdtempSync(join(tmpdir(), 'scanbridge-worker-'))
const home = join(place, 'home')
process.env['SCANBRIDGE_HOME'] = home
writeFileSync(home, 'in the way')
const log: string[] = []
const supervisor = supervise(forkNode(join(import.meta.dirname, 'worker.ts')), (text) => void log.push(text))
afterAll(() => supervisor.close())

test('a home that cannot be used is told, and used as soon as it can be; a session that cannot be noted stops nothing', async () => {
  const refused = await supervisor.call('app.state', {}, {})
  expect(refused).toMatchObject({ ok: false, error: { code: 'cannot-write' } })
  rmSync(home)
  expect(await supervisor.call('app.state', {}, {})).toMatchObject({ ok: true })
  expect(supervisor.state()).toBe('ready')

  mkdirSync(join(home, 'session.json')) // as a file that cannot be written
  const path = join(place, 'scan.nii.gz')
  writeFileSync(path, ballNifti().scan)
  await supervisor.call('input.open', { pick: 'scan' }, { scan: { path, name: 'scan.nii.gz' } })
  const state = async (): Promise<AppState> => {
    const reply = await supervisor.call('app.state', {}, {})
    if (!reply.ok) throw new Error(reply.error.message)
    return reply.value as AppState
  }
  await expect.poll(async () => (await state()).jobs[0]!.state, { timeout: 10_000 }).toBe('done')
  expect((await state()).inputs).toHaveLength(1)
})
