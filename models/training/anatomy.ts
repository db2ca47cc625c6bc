import { existsSync } from 'node:fs'
import { anatomyPath, readAnatomy, writeAnatomy } from '../../fixtures/anatomy-files.ts'
import type { Anatomy } from '../../fixtures/anatomy.ts'
import { colinAnatomy, mniAnatomy } from './anatomy-tissues.ts'
import { fetchColin, fetchMni } from './template-files.ts'

export type AnatomyProgress = (message: string) => void

/** The training anatomies, built from package registries on the first call and read from the user's cache afterwards.
 *  Colin27 and MNI152. Fetching and building takes about a minute; rejects with a UserError without pip's index. */
export async function buildAnatomies(onProgress: AnatomyProgress = () => {}): Promise<Anatomy[]> {
  const names = ['colin27', 'mni152']
  if (names.every((name) => existsSync(anatomyPath(name)))) return names.map((name) => readAnatomy(anatomyPath(name)))
  onProgress('Fetching MNI152 from PyPI (nilearn)')
  const mni = await fetchMni()
  onProgress('Fetching Colin27 from Debian (mricron-data)')
  const colin = await fetchColin()
  onProgress('Labelling Colin27 and MNI152')
  const first = colinAnatomy(colin, mni)
  const built = [first, mniAnatomy(mni, first)]
  for (const anatomy of built) writeAnatomy(anatomyPath(anatomy.name), anatomy)
  return built
}
