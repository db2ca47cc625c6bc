import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Only root can act as another user.
test.skipIf(process.getuid?.() !== 0)("another user's leftover copies keep nobody from dropping files", () => {
  const place = mkdtempSync(join(tmpdir(), 'scanbridge-sweep-'))
  chmodSync(place, 0o1777) // as /tmp is
  const gone = spawnSync('true').pid
  mkdirSync(join(place, `scanbridge-upload-${gone}-abc`, '0'), { recursive: true, mode: 0o700 })
  const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    const { createUploads } = await import(${module('web-upload.ts')})
    const { createPicks } = await import(${module('picks.ts')})
    process.setuid(65534)
    const uploads = createUploads(createPicks())
    console.log(uploads.begin('scan').name)
    uploads.close()`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TMPDIR: place },
    encoding: 'utf8',
  })
  rmSync(place, { recursive: true })
  expect(stdout, stderr).toBe('scan\n')
})
