import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { strFromU8, unzipSync } from 'fflate'
import { UserError } from '../../main/errors.ts'
import type { Affine, Shape } from '../../main/volume/volume.ts'

const run = promisify(execFile)

/** A template as it was published: 8-bit voxels on a 1 mm grid; `affine` is LPS. */
export type Template = { readonly shape: Shape; readonly affine: Affine; readonly data: Uint8Array }
export type Templates = Readonly<Record<string, Template>>

const mniNames = { t1: 't1', grey: 'gm', white: 'wm' }

/** MNI152 2009a (symmetric): T1, grey and white matter maps, out of PyPI's `nilearn`. */
export async function fetchMni(): Promise<Templates> {
  return inScratch(async (folder) => {
    const pip = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--dest',
      folder,
      'nilearn',
    ]
    await run('python3', pip).catch((cause: unknown) => {
      const remedy = 'Python 3 with pip and its package index are needed to build the training anatomies'
      throw new UserError(
        'input-unsupported',
        { path: 'nilearn', reason: lastLine(cause), remedy: `${remedy}.` },
        { cause },
      )
    })
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'))
    if (!wheel) throw new Error('pip wrote no wheel of nilearn')
    const wanted = /datasets\/data\/mni_icbm152_(t1|gm|wm)_tal_nlin_sym_09a_converted\.nii\.gz$/
    const members = unzipSync(readFileSync(join(folder, wheel)), { filter: ({ name }) => wanted.test(name) })
    const byMap = new Map(Object.entries(members).map(([name, bytes]) => [wanted.exec(name)![1], bytes]))
    return Object.fromEntries(
      Object.entries(mniNames).map(([name, map]) => {
        const bytes = byMap.get(map)
        if (!bytes) throw new Error(`nilearn no longer holds the ${map} map of MNI152 2009a`)
        return [name, readTemplate(gunzipSync(bytes))]
      }),
    )
  })
}

/** Colin27 (`ch2`), its brain mask and the AAL labels, out of Debian's `mricron-data`. Rejects where apt is missing. */
export async function fetchColin(): Promise<Templates> {
  return inScratch(async (folder) => {
    const download = (): Promise<unknown> => run('apt-get', ['download', '-qq', 'mricron-data'], { cwd: folder })
    // The lists of a fresh machine are empty; only an administrator may fill them, so this is tried second.
    await download().catch(() => run('apt-get', ['update', '-qq']).then(download))
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'))
    if (!archive) throw new Error('apt-get wrote no package of mricron-data')
    await run('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: folder })
    const read = (name: string): Template =>
      readTemplate(gunzipSync(readFileSync(join(folder, 'unpacked/usr/share/mricron/templates', `${name}.nii.gz`))))
    return { t1: read('ch2'), brain: read('ch2bet'), atlas: read('aal') }
  })
}

async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'scanbridge-anatomy-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string }
  return (stderr || message || 'unknown').trim().split('\n').at(-1)!.replace(/\.$/, '')
}

/** The templates are all NIfTI-1 of one kind (unsigned bytes, little endian, axis-aligned sform), so this reads no other. */
export function readTemplate(bytes: Uint8Array): Template {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = strFromU8(bytes.subarray(344, 347))
  if (
    view.getInt32(0, true) !== 348 ||
    magic !== 'n+1' ||
    view.getInt16(70, true) !== 2 ||
    view.getInt16(254, true) <= 0
  )
    throw new Error('a template is not the 8-bit NIfTI that it used to be')
  const shape: Shape = [view.getInt16(42, true), view.getInt16(44, true), view.getInt16(46, true)]
  const sform = Array.from({ length: 12 }, (_, n) => view.getFloat32(280 + 4 * n, true))
  // NIfTI's world is RAS: x and y change sign.
  const affine = [...sform.map((value, n) => (n < 8 ? -value || 0 : value)), 0, 0, 0, 1]
  const start = view.getFloat32(108, true)
  // A copy, since Buffer's slice and map share memory where Uint8Array's do not.
  const data = new Uint8Array(bytes.subarray(start, start + shape[0] * shape[1] * shape[2]))
  return { shape, affine, data }
}
