import { existsSync } from 'node:fs'
import { cp, realpath, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CaseRow } from '../evaluate/case-row.ts'
import { runFolder } from './evaluation-files.ts'

/** Links and dots seen through; a folder that is not there yet is nobody's. */
export async function isSameFolder(a: string, b: string): Promise<boolean> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))
  return (await real(a)) === (await real(b))
}

/** The run of a case from one evaluation's folder into another's, whole or not at all, where one was kept. */
export async function copyRun(from: string, to: string, { index, method }: CaseRow): Promise<void> {
  const [source, target] = [runFolder(from, index, method), runFolder(to, index, method)]
  if (!existsSync(source)) return
  await rm(`${target}.part`, { recursive: true, force: true })
  await cp(source, `${target}.part`, { recursive: true })
  await rm(target, { recursive: true, force: true })
  await rename(`${target}.part`, target)
}
