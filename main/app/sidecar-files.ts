/** What a NIfTI file's converter wrote beside it of the DICOM header (BIDS): NIfTI itself knows no scanner. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { describeScanner } from '../dicom/scanner.ts'
import type { Scanner } from '../dicom/scanner.ts'

const text = z.string().catch('')
const Sidecar = z.object({
  Manufacturer: text,
  ManufacturersModelName: text,
  MagneticFieldStrength: z.number().catch(0),
  SoftwareVersions: text,
  DeviceSerialNumber: text,
  SeriesDescription: text,
  ProtocolName: text,
  Modality: text,
})

export type SidecarFacts = {
  readonly scanner: Omit<Scanner, 'station'>
  /** Of the series, or its protocol's name. */
  readonly description: string
  readonly modality: string
}

/** Undefined where there is none, or where it names no scanner. */
export async function readSidecar(path: string): Promise<SidecarFacts | undefined> {
  if (!/\.nii(\.gz)?$/i.test(path)) return undefined
  const bytes = await readFile(path.replace(/\.nii(\.gz)?$/i, '.json'), 'utf8').catch(() => undefined)
  const known = bytes === undefined ? undefined : Sidecar.safeParse(parsed(bytes)).data
  if (!known || !(known.Manufacturer || known.ManufacturersModelName)) return undefined
  const { station: _, ...scanner } = await describeScanner({
    manufacturer: known.Manufacturer,
    model: known.ManufacturersModelName,
    fieldStrength: known.MagneticFieldStrength,
    softwareVersions: known.SoftwareVersions,
    station: '',
    serialNumber: known.DeviceSerialNumber,
  })
  return { scanner, description: known.SeriesDescription || known.ProtocolName, modality: known.Modality }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
