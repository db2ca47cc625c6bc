/**
 * A folder of DICOM to a volume, beside dcm2niix on the same folder in the same run. dcm2niix is looked for in
 * $SCANBRIDGE_DCM2NIIX and on the path; both take turns, so that what else the machine does falls on both.
 * `node bench/dicom.ts` prints the figures as JSON.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstances } from '../main/dicom/files.ts'
import { collectSeries } from '../main/dicom/series.ts'
import { toVolume } from '../main/dicom/to-volume.ts'

export type DicomBench =
  | { readonly skipped: string }
  | {
      readonly files: number
      readonly shape: readonly number[]
      /** First call in the process: what a single command waits for. */
      readonly firstMs: number
      readonly medianMs: number
      readonly dcm2niixMs: number | null
      /** dcm2niix's time over ours: 1 or more is no slower. */
      readonly ratio: number | null
    }

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const round = (value: number): number => Math.round(value * 100) / 100

export async function benchDicom(rounds = 7): Promise<DicomBench> {
  const data = process.env.SCANBRIDGE_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url))
  const folder = join(data, 'dicom/brain_t1_philips')
  if (!existsSync(folder)) return { skipped: 'no DICOM at ../shared/data or $SCANBRIDGE_DATA' }
  const ours: number[] = []
  const theirs: number[] = []
  let loaded = await load(folder)
  const firstMs = loaded.elapsedMs
  for (let n = 0; n < rounds; n++) {
    loaded = await load(folder)
    ours.push(loaded.elapsedMs)
    const elapsedMs = convert(folder)
    if (elapsedMs !== undefined) theirs.push(elapsedMs)
  }
  const dcm2niixMs = theirs.length ? round(median(theirs)) : null
  return {
    files: loaded.files,
    shape: loaded.shape,
    firstMs: round(firstMs),
    medianMs: round(median(ours)),
    dcm2niixMs,
    ratio: dcm2niixMs === null ? null : round(dcm2niixMs / median(ours)),
  }
}

async function load(folder: string): Promise<{ elapsedMs: number; files: number; shape: readonly number[] }> {
  const start = performance.now()
  const found = await findInstances(folder)
  const [series] = collectSeries(found.instances)
  const { volume } = await toVolume(series!.volumes[0]!, (instance) => found.read(instance))
  return { elapsedMs: performance.now() - start, files: found.instances.length, shape: volume.shape }
}

/** dcm2niix to an unpacked NIfTI file; undefined where it is not installed. */
function convert(folder: string): number | undefined {
  const out = mkdtempSync(join(tmpdir(), 'scanbridge-bench-'))
  try {
    const start = performance.now()
    const options = ['-b', 'n', '-z', 'n', '-p', 'n', '-o', out, folder]
    const { status } = spawnSync(process.env.SCANBRIDGE_DCM2NIIX ?? 'dcm2niix', options, { stdio: 'ignore' })
    return status === 0 ? performance.now() - start : undefined
  } finally {
    rmSync(out, { recursive: true })
  }
}

if (import.meta.main) console.log(JSON.stringify(await benchDicom(), null, 2))
