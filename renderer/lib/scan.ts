/** A scan and its masks as the windows hold them: typed arrays outside of reactivity. */
import type { MaskHeader, VolumeRef, VoxelHeader } from '../../main/contract/schemas.ts'
import { call } from './client.ts'

export type Voxels = Int16Array | Uint16Array | Uint8Array | Float32Array

/** Stored values; value = stored * slope + intercept. */
export type Scan = { readonly ref: VolumeRef; readonly header: VoxelHeader; readonly data: Voxels }

export type MaskOf = 'before' | 'after' | 'kept' | number
export type Mask = {
  readonly run: string
  readonly of: MaskOf
  readonly header: MaskHeader
  readonly data: Uint8Array
}

export async function loadScan(ref: VolumeRef): Promise<Scan> {
  const { header, bytes } = await call('input.voxels', ref)
  return { ref, header, data: typed(header.type, bytes) }
}

export async function loadMask(run: string, of: MaskOf): Promise<Mask> {
  const { header, bytes } = await call('run.mask', { run, of })
  return { run, of, header, data: bytes }
}

/** The host aligns the bytes for every type; a copy is made only where it could not. */
function typed(type: VoxelHeader['type'], bytes: Uint8Array): Voxels {
  const kinds = { int16: Int16Array, uint16: Uint16Array, uint8: Uint8Array, float32: Float32Array } as const
  const Kind = kinds[type]
  const aligned = bytes.byteOffset % Kind.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice()
  return new Kind(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / Kind.BYTES_PER_ELEMENT)
}

export function isSameScan(a: VolumeRef | null | undefined, b: VolumeRef | null | undefined): boolean {
  return !!a && !!b && a.input === b.input && a.series === b.series && a.volume === b.volume
}
