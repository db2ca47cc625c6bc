import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ownModels } from '../model/card-files.ts'

export function adapterFolder(name: string): string {
  return join(ownModels(), name)
}

export async function removeAdapter(folder: string): Promise<void> {
  await rm(folder, { recursive: true })
}
