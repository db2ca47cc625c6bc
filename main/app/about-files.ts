import { freemem, totalmem } from 'node:os'
import type { About } from '../contract/schemas.ts'
import { thisBuild } from './build-files.ts'
import { summarizeModels } from './catalogue.ts'
import { shownPath } from './home-runs-files.ts'
import { readLicences } from './licence-files.ts'
import type { Home } from './state-files.ts'

/** What this program is, what it runs on, and whose work is in it. */
export async function about(home: Home): Promise<About> {
  return {
    ...thisBuild(),
    node: process.versions.node,
    electron: process.versions['electron'] ?? null,
    platform: `${process.platform} ${process.arch}`,
    memory: { totalBytes: totalmem(), freeBytes: freemem(), workerBytes: process.memoryUsage.rss() },
    home: shownPath(home.folder),
    models: await summarizeModels(),
    licences: readLicences(),
  }
}
