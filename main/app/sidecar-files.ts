/** What a NIfTI file's converter wrote beside it of the DICOM header (BIDS): NIfTI itself knows no scanner. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { describeProtocol } from '../dicom/protocol.ts'
import { describeScanner } from '../dicom/scanner.ts'
import type { Scanner } from '../dicom/scanner.ts'

const text = z.string().catch('')
const seconds = z.number().optional().catch(undefined)
const Sidecar = z.object({
  Manufacturer: text,
  ManufacturersModelName: text,
  MagneticFieldStrength: z.number().catch(0),
  SoftwareVersions: text,
  DeviceSerialNumber: text,
  SeriesDescription: text,
  ProtocolName: text,
  Modality: text,
  MRAcquisitionType: text,
  /** As DICOM writes several of them: GR\\IR. */
  ScanningSequence: text,
  RepetitionTime: seconds,
  EchoTime: seconds,
  InversionTime: seconds,
  FlipAngle: z.number().optional().catch(undefined),
})

export type SidecarFacts = {
  readonly scanner: Omit<Scanner, 'station'>
  /** Of the series, or its protocol's name. */
  readonly description: string
  readonly modality: string
  /** Its sequence by its numbers. */
  readonly protocol: string
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
  const ms = (time: number | undefined): number | undefined => (time === undefined ? undefined : 1000 * time)
  const protocol = describeProtocol({
    acquisition: known.MRAcquisitionType,
    kinds: known.ScanningSequence.split('\\').filter(Boolean),
    repetitionTime: ms(known.RepetitionTime),
    echoTime: ms(known.EchoTime),
    inversionTime: ms(known.InversionTime),
    flipAngle: known.FlipAngle,
  })
  return { scanner, description: known.SeriesDescription || known.ProtocolName, modality: known.Modality, protocol }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
