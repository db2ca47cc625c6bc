import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { writeSeg } from '../dicom/seg.ts'
import type { DicomSource } from '../dicom/source.ts'
import type { ModelCard } from '../model/card.ts'
import type { Identity } from '../report/report.ts'
import { readRunFile } from '../runs/files.ts'
import { stepName } from '../runs/run.ts'
import type { Kept } from '../runs/run.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'

/**
 * What a DICOM SEG needs of the scan and the model, so that mask.dcm can be made again without either. Like mask.dcm itself it
 * carries the patient's identity as the scan has it: both stay with the study, and both can be deleted before a run is shared.
 */
export type SegSource = {
  readonly source: DicomSource
  readonly labels: ModelCard['output']['labels']
  readonly algorithm: { readonly name: string; readonly version: string }
}

const sourceFile = 'dicom-source.json'
/** Of a run's folder. */
export const identifyingFiles = [sourceFile, 'mask.dcm']

export function segSource(source: DicomSource, card: ModelCard): SegSource {
  return { source, labels: card.output.labels, algorithm: { name: card.name, version: card.version } }
}

export async function storeSegSource(folder: string, source: SegSource): Promise<void> {
  await writeFileAtomic(join(folder, sourceFile), JSON.stringify(source) + '\n')
}

/** Makes these bytes (a label map, .nii.gz) the kept result of a run. */
export async function writeKept(folder: string, mask: Uint8Array): Promise<void> {
  await writeMasks(folder, mask, await readSegSource(folder))
}

/** mask.nii.gz, and mask.dcm where the input is DICOM. Returns their names. */
export async function writeMasks(folder: string, mask: Uint8Array, source: SegSource | undefined): Promise<string[]> {
  // Made before anything is written, so that what is wrong with it leaves both files as they were.
  const seg = source && (await segOf(mask, source))
  // A mask.dcm that cannot be made anew would show another mask than mask.nii.gz.
  await rm(join(folder, 'mask.dcm'), { force: true })
  await writeFileAtomic(join(folder, 'mask.nii.gz'), Buffer.from(mask))
  if (!seg) return ['mask.nii.gz']
  await writeFileAtomic(join(folder, 'mask.dcm'), Buffer.from(seg.buffer, seg.byteOffset, seg.byteLength))
  return ['mask.nii.gz', 'mask.dcm']
}

function segOf(mask: Uint8Array, { source, labels, algorithm }: SegSource): Promise<Uint8Array> {
  return writeSeg(readLabelMap(openNifti(mask, 'mask.nii.gz')), source, labels, algorithm)
}

/**
 * What run.json says is kept counts. A process that was killed in the middle of a decision, or could not write all of it, left
 * the mask files of another choice: they are written again. Says whether they were. A mask that has no other copy stays.
 */
export async function settleKept(folder: string, kept: Kept): Promise<boolean> {
  const named = await readRunFile(folder, maskFile(kept))
  if (!named) return false
  const mask = await readRunFile(folder, 'mask.nii.gz')
  const source = await readSegSource(folder)
  const isWhole = !source || (await readRunFile(folder, 'mask.dcm')) !== undefined
  if (isWhole && mask && Buffer.compare(mask, named) === 0) return false
  await writeMasks(folder, named, source)
  return true
}

/** Where a run has the mask that a choice names. */
export function maskFile(kept: Kept): string {
  return kept === 'source' ? 'before.nii.gz' : `checkpoints/${stepName(kept)}.nii.gz`
}

/** Whose scan a run is of; undefined where its input was not DICOM, or where its dicom-source.json was deleted. */
export async function readIdentity(folder: string): Promise<Identity | undefined> {
  const stored = await readSegSource(folder)
  if (!stored) return undefined
  const { study } = stored.source
  return {
    patientName: study.PatientName ?? '',
    patientId: study.PatientID ?? '',
    birthDate: study.PatientBirthDate ?? '',
    sex: study.PatientSex ?? '',
    studyDate: study.StudyDate ?? '',
    studyDescription: study.StudyDescription ?? '',
  }
}

async function readSegSource(folder: string): Promise<SegSource | undefined> {
  const text = await readFile(join(folder, sourceFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as SegSource)
}
