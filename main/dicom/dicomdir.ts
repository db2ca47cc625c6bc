import type { Parsed } from './parse.ts'

const mediaDirectory = '1.2.840.10008.1.3.10'

export function isDicomdir({ attributes }: Parsed): boolean {
  return attributes.has('DirectoryRecordSequence') || attributes.string('MediaStorageSOPClassUID') === mediaDirectory
}

/**
 * The files that a DICOMDIR names, as path components below its folder (PS3.3 F.3). The records are read in the order of
 * the file: the offsets that link them, which can be wrong or run in circles, are not needed.
 */
export function referencedFiles({ attributes }: Parsed): string[][] {
  return attributes
    .items('DirectoryRecordSequence')
    .map((record) => record.strings('ReferencedFileID'))
    .filter((components) => components.length > 0)
}

/** Whether a path stays below its folder. PS3.10 allows A-Z, 0-9 and _ only; real media have more, but none needs these. */
export function isInside(components: readonly string[]): boolean {
  return components.every((part) => part !== '.' && part !== '..' && !/[/\\\0:]/.test(part))
}
