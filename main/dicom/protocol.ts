import type { Attributes } from './parse.ts'

/** Numbers of a sequence as its files have them: ms and degrees, as DICOM does. */
export type SequenceFacts = {
  /** '2D' or '3D'; '' where unknown, as for the kinds. */
  readonly acquisition: string
  /** 'SE', 'IR', 'GR', 'EP', ... */
  readonly kinds: readonly string[]
  readonly repetitionTime: number | undefined
  readonly echoTime: number | undefined
  readonly inversionTime: number | undefined
  readonly flipAngle: number | undefined
}

export function readSequence(a: Attributes): SequenceFacts {
  return {
    acquisition: a.string('MRAcquisitionType') ?? '',
    kinds: a.strings('ScanningSequence'),
    repetitionTime: a.number('RepetitionTime'),
    echoTime: a.number('EchoTime'),
    inversionTime: a.number('InversionTime'),
    flipAngle: a.number('FlipAngle'),
  }
}

/**
 * How a scan was made, such as "3D GR/IR, TR 1900, TE 3.5, TI 900, 15 deg": scans of one protocol have the same text, since
 * numbers are rounded to two digits. Its name in the files is left out: it names people and places at times. '' where unknown.
 */
export function describeProtocol(facts: SequenceFacts): string {
  const kind = [facts.acquisition, facts.kinds.join('/')].filter(Boolean).join(' ')
  const rounded = (value: number): string => String(Number(value.toPrecision(2)))
  const timed = (name: string, value: number | undefined): string => (value ? `${name} ${rounded(value)}` : '')
  return [
    kind,
    timed('TR', facts.repetitionTime),
    timed('TE', facts.echoTime),
    timed('TI', facts.inversionTime),
    facts.flipAngle ? `${rounded(facts.flipAngle)} deg` : '',
  ]
    .filter(Boolean)
    .join(', ')
}
