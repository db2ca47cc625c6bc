import { chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { freshFolder, start } from '../../tests/command-line.ts'

test.skipIf(process.platform !== 'linux')(
  "the token is in no program's arguments: a page of the user's own leads to it",
  async () => {
    const place = freshFolder()
    const told = join(place, 'told')
    writeFileSync(join(place, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$*" > ${told}.new && mv ${told}.new ${told}\n`)
    chmodSync(join(place, 'xdg-open'), 0o755)
    const home = join(place, 'home')
    const env = { PATH: `${place}:${process.env['PATH']}`, DISPLAY: ':0', SCANBRIDGE_HOME: home }
    const { child, done, text } = start(['serve'], env)
    try {
      await expect.poll(() => existsSync(told), { timeout: 20_000 }).toBe(true)
      const page = readFileSync(told, 'utf8')
      const address = /http:\S+#token=[\w-]{43}/.exec(text())![0]
      expect(page).not.toContain('token')
      expect(readFileSync(page, 'utf8')).toContain(`url=${address}"`)
      expect([page, dirname(page)].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o700])
    } finally {
      child.kill('SIGINT')
    }
    await done
    expect(readdirSync(home).filter((name) => name.startsWith('open-'))).toEqual([])
  },
)
