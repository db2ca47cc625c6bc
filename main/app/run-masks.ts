/** Masks of runs as the windows ask for them; those used last stay in memory. */
import type { Frame } from '../contract/contract.ts'
import type { MaskHeader } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { readRun, readRunFile } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import { stepName } from '../runs/run.ts'
import type { LabelName } from '../runs/run.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'
import type { LabelMap } from '../volume/volume.ts'
import { volumesOf } from './masks.ts'

/** The source model's, the last step's, or that of a step. */
export type MaskOf = 'before' | 'after' | number
type Mask = Frame<MaskHeader>

const mostBytes = 300e6

export class RunMasks {
  /** Least recently used first. */
  private readonly held = new Map<string, Mask>()

  /** A mask that was just made: there before its file is. */
  put(run: string, of: MaskOf, mask: LabelMap, labels: readonly LabelName[]): void {
    this.hold(`${run}/${of}`, frameOf(mask, labels))
  }

  forget(run: string): void {
    for (const key of this.held.keys()) if (key.startsWith(`${run}/`)) this.held.delete(key)
  }

  /** Throws UserError where there is no such mask. */
  async get(run: string, folder: string, of: MaskOf | 'kept'): Promise<Mask> {
    const known = of === 'kept' ? undefined : this.held.get(`${run}/${of}`)
    if (known) return this.hold(`${run}/${of}`, known)
    const read = await readRun(folder)
    const asked = of === 'kept' ? keptMask(read) : of
    if (of === 'kept' && asked !== undefined) return this.get(run, folder, asked)
    const name = asked === undefined ? 'mask.nii.gz' : fileOf(asked)
    const bytes = await readRunFile(folder, name)
    if (!bytes) throw noMask(run, of)
    const mask = frameOf(readLabelMap(openNifti(bytes, name)), read.record.model.labels)
    return asked === undefined ? mask : this.hold(`${run}/${asked}`, mask)
  }

  private hold(key: string, mask: Mask): Mask {
    this.held.delete(key)
    this.held.set(key, mask)
    let bytes = [...this.held.values()].reduce((sum, one) => sum + one.bytes.length, 0)
    for (const [oldest, { bytes: its }] of this.held) {
      if (bytes <= mostBytes || oldest === key) break
      this.held.delete(oldest)
      bytes -= its.length
    }
    return mask
  }
}

/** Which mask the kept one is the same as; undefined where only mask.nii.gz has it. */
function keptMask({ record, masks }: ReadRun): MaskOf | undefined {
  if (record.kept === 'source') return 'before'
  return masks.includes(record.kept) ? record.kept : undefined
}

function fileOf(of: MaskOf): string {
  return typeof of === 'number' ? `checkpoints/${stepName(of)}.nii.gz` : `${of}.nii.gz`
}

function frameOf(mask: LabelMap, labels: readonly LabelName[]): Mask {
  const { shape, affine } = mask
  const header = {
    shape: [...shape] as [number, number, number],
    affine: [...affine],
    labels: [...labels],
    volumes: volumesOf(mask, labels),
  }
  return { header, bytes: mask.data as Uint8Array<ArrayBuffer> }
}

function noMask(run: string, of: MaskOf | 'kept'): UserError {
  const remedy =
    typeof of === 'number' ? 'Its mask can be predicted again from the stored step and the scan.' : 'Run it again.'
  const reason = typeof of === 'number' ? `step ${of} has no stored mask` : 'it ended before this mask was made'
  return new UserError('run-unusable', { path: run, reason, remedy })
}
