/** Where calibrations lie: a model's own beside its network, a lab's in the app's own folder. */
import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'
import { Calibration } from './calibration.ts'
import { absent } from './card-files.ts'

/** A lab's calibration of the model with these weights: the model itself may lie where nothing can be written. */
export function ownCalibration(sha256: string): string {
  const { SCANBRIDGE_HOME: home } = process.env
  return resolve(home || join(homedir(), 'Scanbridge'), 'calibrations', `${sha256}.json`)
}

/** The one that a model folder holds. */
export const calibrationIn = (folder: string): string => join(folder, 'calibration.json')

/** The calibration of the model in `folder`; a lab's own comes first. undefined: there is none. Throws UserError where one is
 *  there that cannot be used: without it the guard would judge by other rules than the user thinks. */
export async function readCalibration(folder: string, sha256: string): Promise<Calibration | undefined> {
  for (const path of [ownCalibration(sha256), calibrationIn(folder)]) {
    const text = await readFile(path, 'utf8').catch(absent)
    if (text !== undefined) return parsed(path, text, sha256)
  }
  return undefined
}

function parsed(path: string, text: string, sha256: string): Calibration {
  const unusable = (reason: string, cause?: unknown): UserError => {
    const remedy = 'Delete it, or make it anew with `scanbridge calibrate`.'
    return new UserError('calibration-unusable', { path, reason, remedy }, { cause })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw unusable('it is not JSON', cause)
  }
  const schema = (json as { schema?: unknown } | null)?.schema
  if (schema !== Calibration.shape.schema.value) throw unusable('another version of Scanbridge wrote it')
  const { data: calibration, error } = Calibration.safeParse(json)
  if (!calibration) {
    const { path: at, message } = error.issues[0]!
    throw unusable([at.join('.'), message].filter(Boolean).join(': '))
  }
  if (calibration.model.sha256 !== sha256)
    throw unusable(`it is of other weights (${calibration.model.sha256.slice(0, 12)}) than this model's`)
  return calibration
}

/** Throws UserError where it cannot be written. */
export async function writeCalibration(path: string, calibration: Calibration): Promise<void> {
  try {
    await mkdir(resolve(path, '..'), { recursive: true })
    await writeFileAtomic(path, `${tidy(calibration)}\n`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UserError('cannot-write', { path, reason, remedy: 'Check the disk and its permissions.' }, { cause })
  }
}

/** Lists of numbers on a line each: a calibration has thousands. */
const tidy = (calibration: Calibration): string =>
  JSON.stringify(calibration, null, 2).replace(/\[\s+-?[\d.][^[\]{}"]*\]/g, (list) =>
    list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'),
  )
