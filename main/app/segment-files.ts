import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { DicomSource } from '../dicom/source.ts'
import { UserError } from '../errors.ts'
import type { ModelCard } from '../model/card.ts'
import { segSource, writeMasks } from './kept-files.ts'

/** Throws before the work begins where its result could not be written. */
export function checkOutput(folder: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory())
    throw new UserError('cannot-write', {
      path: folder,
      reason: 'a file is in the way',
      remedy: 'Choose another folder with --out.',
    })
  if (readdirSync(folder).some((name) => name === 'mask.nii.gz' || name === 'run.json'))
    throw new UserError('usage', {
      problem: `${folder} already holds a mask`,
      remedy: 'Nothing is overwritten: choose a new folder with --out, or delete this one first.',
    })
}

/** Returns the names of the files. */
export async function writeSegmentation(
  folder: string,
  mask: Uint8Array,
  source: DicomSource | undefined,
  card: ModelCard,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  return writeMasks(folder, mask, source && segSource(source, card))
}
