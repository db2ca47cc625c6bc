import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = process.env.SCANBRIDGE_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url))

/** Public DICOM for tests (shared/data/README.md); absent on machines that do not have it. */
export const dataFolder = existsSync(`${folder}/dicom`) ? folder : undefined

/** Why tests that need it are skipped, for their names. */
export const withoutData = dataFolder ? '' : ' (skipped: no public DICOM at ../shared/data or $SCANBRIDGE_DATA)'
