import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  anatomyNames,
  cachedPath,
  loadCompactAnatomy,
  readAnatomy,
  writeAnatomy,
} from '../../fixtures/anatomy-files.ts'
import type { Anatomy } from '../../fixtures/anatomy.ts'
import { colinAnatomy, mniAnatomy, nucleiOfAtlas, nucleiOfMaps } from './anatomy-tissues.ts'
import { compactAnatomy } from './compact-anatomy.ts'
import { fetchColin, fetchMni } from './template-files.ts'

export type AnatomyProgress = (message: string) => void

/** The training anatomies, Colin27 and MNI152, built from package registries on the first call (about a minute) and read
 *  from the user's cache afterwards. Where Debian's packages cannot be had, Colin27 is the compact one and nothing is
 *  cached. Rejects with a UserError where PyPI cannot be reached. */
export async function buildAnatomies(onProgress: AnatomyProgress = () => {}): Promise<Anatomy[]> {
  if (anatomyNames.every((name) => existsSync(cachedPath(name))))
    return anatomyNames.map((name) => readAnatomy(cachedPath(name)))
  onProgress('Fetching MNI152 from PyPI (nilearn)')
  const mni = await fetchMni()
  onProgress('Fetching Colin27 from Debian (mricron-data)')
  const colin = await fetchColin().catch(() => undefined)
  if (!colin) {
    onProgress('Debian packages cannot be fetched here: Colin27 stays at 1.5 mm')
    const compact = loadCompactAnatomy('colin27')
    return [compact, mniAnatomy(mni, compact)]
  }
  onProgress('Labelling Colin27 and MNI152')
  const first = colinAnatomy(colin, mni, nucleiOfAtlas(colin))
  const second = mniAnatomy(mni, first)
  writeAnatomy(cachedPath('colin27'), first)
  writeAnatomy(cachedPath('mni152'), second)
  return [first, second]
}

/** Writes the compact anatomies that are committed: `node models/training/anatomy.ts FOLDER`. They hold nothing of the AAL
 *  atlas, whose terms on redistribution are not as plain as the templates'. */
async function writeCompactAnatomies(folder: string): Promise<void> {
  const [mni, colin] = [await fetchMni(), await fetchColin()]
  const first = colinAnatomy(colin, mni, nucleiOfMaps(mni, colin.t1!))
  writeAnatomy(join(folder, 'colin27.anatomy.gz'), compactAnatomy(first, 1.5), 17)
  writeAnatomy(join(folder, 'mni152.anatomy.gz'), compactAnatomy(mniAnatomy(mni, first), 2), 17)
}

if (import.meta.main) await writeCompactAnatomies(process.argv[2] ?? 'fixtures/data')
