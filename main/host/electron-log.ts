import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'

const largestBytes = 1e6

/** A file of faults that can be sent to whoever repairs them: no names of files, folders, people or scans are in it. */
export function openCrashLog(folder: string, appFolder: string): (text: string) => void {
  const path = join(folder, 'crash.log')
  return (text) => {
    mkdirSync(folder, { recursive: true })
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largestBytes) renameSync(path, `${path}.old`)
    appendFileSync(path, `${new Date().toISOString()} ${withoutIdentity(text, appFolder).trim()}\n`)
  }
}

const anyPath = String.raw`(?:file:\/\/|\b[A-Za-z]:[\\/]|(?<![\w.)/])[\\/](?=\S))`

/** A fault without what a user's machine calls things: paths below the app stay, relative to it; of others, and of what stands
 *  in quotes, nothing stays. Nobody can tell where a path with spaces ends, so the rest of its line goes too. */
export function withoutIdentity(text: string, appFolder: string): string {
  const own = appFolder.replaceAll('\\', '/')
  return text
    .replaceAll('\\', '/')
    .replaceAll(`file://${own}/`, '')
    .replaceAll(`${own}/`, '')
    .split('\n')
    .map((line) => line.replace(/(["'`]).*\1/g, '…').replace(new RegExp(`${anyPath}.*`), '<path>'))
    .join('\n')
}
