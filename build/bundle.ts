/** Plugins of electron.config.ts. */
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'
import { thisBuild } from '../main/app/build-files.ts'
import { readLicences } from '../main/app/licence-files.ts'

/** What the app reads beside its code, where its code looks for it. */
const dataFiles = [
  'LICENSE',
  'models/*/{*.onnx,model.json,calibration.json,NOTICE.md}',
  'fixtures/data/*',
  // Compiled on the user's machine by `scanbridge engine install`.
  'main/engine/quiet.c',
]

/** Lays the data files and a package.json beside the bundles, so that their folder is an app that runs as it stands. */
export function copyDataFiles(root: string): Plugin {
  return {
    name: 'copy-data-files',
    writeBundle({ dir }) {
      for (const file of globSync(dataFiles, { cwd: root })) {
        const to = join(dir!, file)
        mkdirSync(dirname(to), { recursive: true })
        cpSync(join(root, file), to)
      }
      const { name, version, description, license, type } = JSON.parse(
        readFileSync(join(root, 'package.json'), 'utf8'),
      ) as Record<string, unknown>
      const { commit } = thisBuild()
      const manifest = { name, version, description, license, type, main: 'main/host/electron.js', commit }
      writeFileSync(join(dir!, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
      writeFileSync(join(dir!, 'licences.json'), `${JSON.stringify(readLicences(), null, 1)}\n`)
    },
  }
}

const moduleUrl = /new URL\('(\.[^']+)\.ts', import\.meta\.url\)/g

/** Processes and threads begin in a file that is named by its URL: names it as it is called among the bundles. */
export function bundledModuleUrls(): Plugin {
  return {
    name: 'bundled-module-urls',
    // As the sources have it, before anything rewrites them.
    enforce: 'pre',
    transform: {
      filter: { code: /import\.meta\.url/ },
      async handler(code, id) {
        for (const [, path] of code.matchAll(moduleUrl)) {
          const entry = await this.resolve(`${path}.ts`, id)
          if (entry) this.emitFile({ type: 'chunk', id: entry.id })
        }
        return code.replace(moduleUrl, "new URL('$1.js', import.meta.url)")
      },
    },
  }
}
