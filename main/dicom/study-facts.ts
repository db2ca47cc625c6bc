import type { Attributes } from './parse.ts'
import type { Keyword } from './tags.ts'

const studyKeywords = [
  'PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'PatientAge', 'PatientSize',
  'PatientWeight', 'PatientIdentityRemoved', 'DeidentificationMethod', 'StudyInstanceUID', 'StudyDate', 'StudyTime',
  'ReferringPhysicianName', 'StudyID', 'AccessionNumber', 'StudyDescription', 'SeriesDate', 'SeriesTime', 'ContentDate',
  'ContentTime', 'FrameOfReferenceUID', 'PositionReferenceIndicator',
] as const satisfies readonly Keyword[] // prettier-ignore

/** Patient, study and series facts that a derived object repeats so that it files with its source. Identifying. */
export type StudyFacts = Readonly<Partial<Record<(typeof studyKeywords)[number], string>>>

export function readStudyFacts(a: Attributes): StudyFacts {
  const entries = studyKeywords.map((keyword) => [keyword, a.text(keyword)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
