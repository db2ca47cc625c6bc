/** What was opened, as the windows list it: no path, no name, no id of a patient. */
import type { InputSummary, SeriesSummary, StudySummary, VolumeRef } from '../contract/schemas.ts'
import type { StudyFacts } from '../dicom/study-facts.ts'
import { UserError } from '../errors.ts'
import { selectSeries } from './study.ts'
import type { OpenedStudy } from './study.ts'

type Given = {
  readonly id: string
  readonly name: string
  readonly isSample: boolean
  readonly hasReference: boolean
  /** The pseudonym of who has this identity, which is text of any kind. */
  readonly pseudonym: (identity: string) => string
}

export async function summarizeInput(study: OpenedStudy, given: Given): Promise<InputSummary> {
  const { pseudonym, ...rest } = given
  const uids = [...new Set(study.series.map(({ studyUid }) => studyUid))]
  return {
    ...rest,
    kind: study.kind,
    studies: await Promise.all(uids.map(async (uid) => summarizeStudy(uid, await study.facts(uid), pseudonym))),
    series: study.series.map(summarizeSeries),
    rejected: listRejected(study.rejected),
    suggested: suggest(study, given.id),
  }
}

/** Who drops a whole disk does not want to read of each of its files. */
const mostRejected = 500

function listRejected(rejected: OpenedStudy['rejected']): InputSummary['rejected'] {
  const listed = rejected.slice(0, mostRejected).map(({ file, reason }) => ({ file, reason }))
  const more = rejected.length - listed.length
  if (more > 0) listed.push({ file: `${more} more files`, reason: 'they cannot be used either' })
  return listed
}

function summarizeStudy(uid: string, facts: StudyFacts | undefined, pseudonym: Given['pseudonym']): StudySummary {
  if (!facts) return { uid, patient: null, date: null, description: '' }
  const { PatientID, IssuerOfPatientID = '', PatientName, PatientBirthDate = '', StudyDate, StudyDescription } = facts
  // An id counts within its issuer. Without one: the name and date of birth; without these, nobody else's study is the same.
  const identity = PatientID
    ? `id ${PatientID} ${IssuerOfPatientID}`
    : PatientName
      ? `name ${PatientName} ${PatientBirthDate}`
      : `study ${uid}`
  return { uid, patient: pseudonym(identity), date: readDate(StudyDate), description: StudyDescription ?? '' }
}

/** DICOM's YYYYMMDD (or YYYY.MM.DD of old) with dashes. */
function readDate(text = ''): string | null {
  const parts = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(text)
  return parts ? parts.slice(1).join('-') : null
}

function summarizeSeries(series: OpenedStudy['series'][number]): SeriesSummary {
  const { seriesUid, seriesNumber, scanner, volumes, problems, ...rest } = series
  const { station: _, ...machine } = scanner
  return {
    ...rest,
    uid: seriesUid,
    number: seriesNumber,
    scanner: machine,
    volumes: volumes.map(({ shape, spacing, frames, kind }) => ({
      shape: [...shape],
      spacing: [...spacing],
      frames,
      kind,
    })),
    problems: [...problems],
  }
}

function suggest(study: OpenedStudy, input: string): VolumeRef | null {
  try {
    const { seriesUid: series, volumeIndex: volume } = selectSeries(study)
    return { input, series, volume }
  } catch (error) {
    if (error instanceof UserError) return null // no series has a volume: the problems say why
    throw error
  }
}
