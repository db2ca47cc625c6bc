/** From what was picked to the rows of a cohort: a folder of scans, a manifest, an evaluation of the command line. */
import { existsSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { Frame } from '../contract/contract.ts'
import type { SeriesChoice } from '../contract/cohort-schemas.ts'
import type { ErrorShape, PictureHeader } from '../contract/schemas.ts'
import type { StudyFacts } from '../dicom/study-facts.ts'
import { UserError } from '../errors.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { groupings } from '../report/cohort/groupings.ts'
import type { StoredRow } from './cohort-files.ts'
import { isEvaluation } from './evaluation-files.ts'
import { enterLone, realPath } from './input-files.ts'
import { caseName, findCases, noScan, readManifest } from './manifest-files.ts'
import type { Work } from './progress.ts'
import { readSidecar } from './sidecar-files.ts'
import type { SidecarFacts } from './sidecar-files.ts'
import { openStudy, selectSeries } from './study.ts'
import type { OpenedStudy } from './study.ts'
import { drawSlice } from './thumbnail.ts'

/** A row and its picture, which is stored apart. */
export type ProposedRow = { readonly row: StoredRow; readonly picture: Uint8Array | undefined }

export type Proposal = {
  readonly of: 'folder' | 'manifest'
  readonly rows: readonly ProposedRow[]
  readonly notes: readonly string[]
}

/** What stands in the list of series to choose from. */
const mostChoices = 50

/** The folder of an evaluation, where the pick is one, or a cohort of the app that holds one. */
export function evaluationIn(path: string): string | undefined {
  return [path, join(path, 'evaluation')].find(isEvaluation)
}

/** Looks at each scan of a folder, or of a manifest. Throws UserError where there is none. */
export async function propose(path: string, work: Work): Promise<Proposal> {
  const target = await enterLone(path)
  return /\.(csv|txt|tsv)$/i.test(target) ? fromManifest(target, work) : fromFolder(target, work)
}

async function fromFolder(folder: string, work: Work): Promise<Proposal> {
  const found = await findCases(folder)
  const rows: ProposedRow[] = []
  const skipped: string[] = []
  const pace = createPace(found.length, work)
  for (const { image, reference } of found) {
    pace()
    const given = { ...blank, case: caseName(rows.length), name: image, image: join(folder, image) }
    const own = reference === undefined ? null : join(folder, reference)
    const row = await look({ ...given, ownReference: own, reference: own ? 'own' : 'none' }, work)
    // What lies beside scans, such as notes; a file that is called a scan and cannot be read is a case that fails.
    if (row.row.problem && !/\.nii(\.gz)?$/i.test(image)) skipped.push(image)
    else rows.push(row)
  }
  if (rows.length === 0) throw noScan(folder)
  const notes = skipped.length ? [`No scan was found in ${skipped.length} of its folders: ${shortList(skipped)}.`] : []
  return { of: 'folder', rows, notes }
}

async function fromManifest(path: string, work: Work): Promise<Proposal> {
  const { cases } = await readManifest(path)
  const { columns, leftOut } = groupings(cases)
  const base = realPath(dirname(path))
  const rows: ProposedRow[] = []
  const pace = createPace(cases.length, work)
  for (const one of cases) {
    pace()
    const wanted = { image: one.image, reference: one.reference ?? null }
    const row: StoredRow = {
      ...blank,
      case: one.case,
      name: basename(one.image),
      wanted,
      scanner: one.scanner,
      series: one.series ?? null,
      group: one.group,
      columns: Object.fromEntries(Object.entries(one.columns).filter(([column]) => columns.includes(column))),
    }
    rows.push(
      await look(
        placed(row, (wanted) => inside(base, wanted)),
        work,
      ),
    )
  }
  const hidden = [...new Set(leftOut.map(({ column, reason }) => `${column} (${reason})`))]
  return {
    of: 'manifest',
    rows,
    notes: hidden.length ? [`Columns of the manifest that tables do not show: ${hidden.join(', ')}.`] : [],
  }
}

/** Rows whose scan or reference has not been found are looked for below a folder that was picked. */
export async function locate(rows: readonly StoredRow[], path: string, work: Work): Promise<ProposedRow[]> {
  const base = realPath(await enterLone(path))
  const pace = createPace(rows.length, work)
  const located: ProposedRow[] = []
  for (const row of rows) {
    pace()
    const next = row.wanted ? placed(row, (wanted) => below(base, wanted)) : row
    const isFound = next.image !== row.image || next.ownReference !== row.ownReference
    located.push(isFound ? await look(next, work) : { row, picture: undefined })
  }
  return located
}

/** The row with what `find` has of the scan and reference that it lacks. */
function placed(row: StoredRow, find: (wanted: string) => string | undefined): StoredRow {
  const wanted = row.wanted ?? { image: '', reference: null }
  const image = row.image ?? find(wanted.image) ?? null
  const reference = row.ownReference ?? (wanted.reference === null ? null : (find(wanted.reference) ?? null))
  return {
    ...row,
    image,
    ownReference: reference,
    reference: reference === row.ownReference ? row.reference : 'own',
    isIncluded: row.image === null ? image !== null : row.isIncluded,
    problem: image === null ? missing(row.name) : null,
    notes: image !== null && wanted.reference !== null && reference === null ? [noReference] : [],
  }
}

const noReference = 'Its reference mask was not found beside the manifest: choose the folder that it lies in.'

function missing(name: string): ErrorShape {
  const what = `The scan ${name}`
  const { code, sentence, remedy } = new UserError('not-there', { what, remedy: 'Choose the folder that it lies in.' })
  return { code, message: sentence.replace('is not there any more', 'does not lie beside the manifest'), remedy }
}

/** The path where it leads, if that is within the folder. */
function inside(base: string, path: string): string | undefined {
  const real = realPath(path)
  return existsSync(real) && isWithin(base, real) ? path : undefined
}

/** By as much of its path as there is below the folder: the whole, or its last parts. */
function below(base: string, path: string): string | undefined {
  const parts = path.split(/[\\/]+/).filter(Boolean)
  const places = [path, ...parts.map((_, n) => join(base, ...parts.slice(n)))]
  return places.map((place) => inside(base, place)).find((place) => place !== undefined)
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

const blank: StoredRow = {
  case: '',
  name: '',
  image: null,
  wanted: null,
  kind: null,
  scanner: '',
  facts: null,
  choices: [],
  series: null,
  ownReference: null,
  reference: 'none',
  group: '',
  isIncluded: true,
  picture: null,
  problem: null,
  notes: [],
  columns: {},
}

/** Reads the headers of a row's scan. One that cannot be read keeps its row, with the reason. */
async function look(row: StoredRow, { signal }: Work): Promise<ProposedRow> {
  signal.throwIfAborted()
  if (row.image === null) return { row, picture: undefined }
  try {
    const study = await openStudy(row.image, { name: row.name, signal })
    const { seriesUid, volumeIndex } = selectSeries(study, row.series ?? undefined)
    const chosen = study.series.find((one) => one.seriesUid === seriesUid)!
    const { station: _, ...scanner } = chosen.scanner
    const sidecar = study.kind === 'nifti' ? await readSidecar(row.image) : undefined
    const picture = await pictureOf(study, seriesUid, volumeIndex)
    const looked: StoredRow = {
      ...row,
      kind: study.kind,
      facts: study.kind === 'dicom' ? scanner : (sidecar?.scanner ?? null),
      choices: choicesOf(study, sidecar),
      series: seriesUid,
      picture: picture?.header ?? null,
      problem: null,
      notes: [...row.notes, ...(await oddities(row, study, chosen))],
    }
    return { row: looked, picture: picture?.bytes }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof UserError)) throw error
    const { code, sentence, remedy } = error
    return { row: { ...row, problem: { code, message: sentence, remedy } }, picture: undefined }
  }
}

function choicesOf({ series }: OpenedStudy, sidecar: SidecarFacts | undefined): SeriesChoice[] {
  return series
    .filter(({ volumes }) => volumes.length > 0)
    .slice(0, mostChoices)
    .map(({ seriesUid, seriesNumber, description, modality, volumes }) => ({
      uid: seriesUid,
      number: seriesNumber,
      description: description || (sidecar?.description ?? ''),
      modality: modality || (sidecar?.modality ?? ''),
      shape: [...volumes[0]!.shape],
    }))
}

async function oddities(
  row: StoredRow,
  study: OpenedStudy,
  chosen: OpenedStudy['series'][number],
): Promise<readonly string[]> {
  const studies = new Set(study.series.map(({ studyUid }) => studyUid)).size
  const facts = await study.facts(chosen.studyUid)
  return [
    ...chosen.problems,
    ...(studies > 1
      ? [`It holds ${studies} studies, and one scan of them is taken: choose another series below.`]
      : []),
    ...(facts && namesPatient(row.case, facts)
      ? ['The name of this case is taken from the patient, and reports will show it: give it another.']
      : []),
  ]
}

function namesPatient(name: string, facts: StudyFacts): boolean {
  const { PatientName = '', PatientID = '', AccessionNumber = '', PatientBirthDate = '' } = facts
  const parts = [...PatientName.split(/[^\p{L}]+/u), PatientID, AccessionNumber, PatientBirthDate]
  const text = name.toLowerCase()
  return parts.some((part) => part.trim().length > 2 && text.includes(part.trim().toLowerCase()))
}

async function pictureOf(
  study: OpenedStudy,
  series: string,
  volume: number,
): Promise<Frame<PictureHeader> | undefined> {
  try {
    return drawSlice(await study.loadMiddle(series, volume))
  } catch (error) {
    if (error instanceof UserError) return undefined // its pixels cannot be read: the evaluation says so
    throw error
  }
}

/** A row whose series was changed. */
export async function lookAgain(row: StoredRow, work: Work): Promise<ProposedRow> {
  return look({ ...row, picture: null, notes: [] }, work)
}

/** The rows that an evaluation was made of, as far as its results tell; their scans are not known. */
export function rowsOfEvaluation({ manifest }: Evaluation, done: readonly CaseRow[]): StoredRow[] {
  const first = new Map(done.map((row) => [row.index, row]))
  return Array.from({ length: manifest.cases }, (_, index) => {
    const known = first.get(index)
    if (!known) return { ...blank, case: `row ${index + 1}`, name: `row ${index + 1}` }
    const { manufacturer, model, fieldStrength } = known
    const facts = { key: known.scanner, manufacturer, model, fieldStrength, softwareVersions: '' }
    return {
      ...blank,
      case: known.case,
      name: known.case,
      scanner: known.scanner,
      facts: manufacturer || model ? facts : null,
      group: known.group,
      columns: known.columns,
    }
  })
}

/** Tells how far it is, and how long the rest will take at the pace so far. */
function createPace(total: number, { signal, onProgress }: Work): () => void {
  const began = performance.now()
  let begun = 0
  return () => {
    signal.throwIfAborted()
    const left = begun > 0 ? ((performance.now() - began) / begun) * (total - begun) : undefined
    onProgress(`Looking at scan ${begun + 1} of ${total}`, begun / total, left)
    begun++
  }
}

function shortList(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}
