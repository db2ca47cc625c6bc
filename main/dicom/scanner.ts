/** The domain of a series: which machine made it. */
import type { Attributes } from './parse.ts'

export type ScannerFacts = {
  readonly manufacturer: string
  readonly model: string
  /** Tesla; 0 where unknown or no magnet. */
  readonly fieldStrength: number
  readonly softwareVersions: string
  readonly station: string
  /** Identifies the machine: never leaves in clear. */
  readonly serialNumber: string
}

export type Scanner = Omit<ScannerFacts, 'serialNumber'> & { readonly key: string }

export function readScanner(a: Attributes): ScannerFacts {
  const field = a.number('MagneticFieldStrength') ?? 0
  return {
    manufacturer: a.text('Manufacturer') ?? '',
    model: a.text('ManufacturerModelName') ?? '',
    // Some write gauss: 15000 is 1.5 T.
    fieldStrength: field > 50 ? field / 10_000 : field,
    softwareVersions: a.strings('SoftwareVersions').join(' '),
    station: a.text('StationName') ?? '',
    serialNumber: a.string('DeviceSerialNumber') ?? '',
  }
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')

const makers: readonly (readonly [RegExp, string])[] = [
  [/siemens/i, 'siemens'],
  [/philips/i, 'philips'],
  [/^ge\b|general electric/i, 'ge'],
  [/united imaging|uih/i, 'uih'],
  [/canon/i, 'canon'],
  [/toshiba/i, 'toshiba'],
  [/hitachi/i, 'hitachi'],
  [/fujifilm/i, 'fujifilm'],
]

/**
 * A stable name of a machine, such as philips-ingenia-elition-x-3t-1a2b3c4d: the same for every series of it, whatever its
 * software. The last part is a salted hash of serial number and station, which do not appear in clear.
 */
export async function describeScanner(facts: ScannerFacts): Promise<Scanner> {
  const { serialNumber, ...rest } = facts
  const maker = makers.find(([pattern]) => pattern.test(facts.manufacturer))?.[1] ?? slug(facts.manufacturer)
  const field = facts.fieldStrength ? `${Math.round(facts.fieldStrength * 10) / 10}t`.replace('.', '-') : ''
  const identity = ['scanbridge scanner', maker, facts.model, field, serialNumber, facts.station].join('\0')
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(identity)))
  const hash = serialNumber || facts.station ? Buffer.from(digest.subarray(0, 4)).toString('hex') : ''
  return { ...rest, key: [maker, slug(facts.model), field, hash].filter(Boolean).join('-') || 'unknown' }
}
