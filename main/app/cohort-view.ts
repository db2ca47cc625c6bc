/** A cohort as the windows show it. */
import type {
  CohortDetail,
  CohortForecast,
  CohortResult,
  CohortRow,
  CohortState,
  CohortSummary,
} from '../contract/cohort-schemas.ts'
import { Verdict } from '../contract/schemas.ts'
import type { states } from '../evaluate/case-row.ts'
import type { CaseRow, LabelScore } from '../evaluate/case-row.ts'
import { mean } from '../evaluate/statistics.ts'
import { referencePath, scannerOf } from './cohort-edit.ts'
import type { StoredCohort, StoredRow } from './cohort-files.ts'

/** What is known of it beside its file. */
export type CohortBeside = {
  readonly isBegun: boolean
  readonly counts: { readonly done: number; readonly failed: number }
  /** At work on it now. */
  readonly job: { readonly id: string; readonly kind: string } | undefined
}

/** Of the mean Dice, as in the tables. */
const harmLimit = 0.01
/** Below this many cases of a scanner a test cannot come to a result. */
const fewCases = 6

export function summarizeCohort(cohort: StoredCohort, beside: CohortBeside): CohortSummary {
  const { rows, setup } = cohort
  const included = rows.filter(({ isIncluded }) => isIncluded)
  const episodes = { expected: included.length * setup.methods.length, ...beside.counts }
  const state = stateOf(episodes, beside)
  const scanners = [...new Set(included.map(scannerOf))].sort()
  return {
    id: cohort.id,
    name: cohort.name,
    created: cohort.created,
    state,
    sentence: sentenceOf(state, episodes, included.length, scanners.length),
    cases: included.length,
    scanners,
    model: setup.model,
    methods: setup.methods.map(({ name }) => name),
    episodes,
    job: beside.job?.id ?? null,
  }
}

export function detailCohort(
  cohort: StoredCohort,
  beside: CohortBeside,
  forecast: CohortForecast | null,
): CohortDetail {
  const summary = summarizeCohort(cohort, beside)
  const { source, setup, rows } = cohort
  return {
    ...summary,
    source,
    setup,
    rows: rows.map(shownRow),
    canEdit: !beside.isBegun && !beside.job,
    obstacle: obstacleOf(cohort, summary),
    forecast,
    notes: [...cohort.notes, ...notesOf(rows)],
  }
}

function stateOf({ expected, done }: CohortSummary['episodes'], { isBegun, job }: CohortBeside): CohortState {
  if (job?.kind === 'evaluate') return 'running'
  if (!isBegun) return 'draft'
  return done >= expected ? 'done' : 'stopped'
}

function sentenceOf(
  state: CohortState,
  { expected, done, failed }: CohortSummary['episodes'],
  cases: number,
  scanners: number,
): string {
  const what = `${counted(cases, 'scan')} of ${counted(scanners, 'scanner')}`
  const fell = failed > 0 ? `, ${failed} of them failed` : ''
  if (state === 'draft') return `${what}, not run yet.`
  if (state === 'running') return `At work: ${done} of ${counted(expected, 'episode')} done${fell}.`
  if (state === 'stopped') return `Stopped after ${done} of ${counted(expected, 'episode')}${fell}. It goes on there.`
  return `${what}: all ${counted(expected, 'episode')} done${fell}.`
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

function obstacleOf({ rows, source }: StoredCohort, { state, cases, methods }: CohortSummary): string | null {
  if (state === 'running') return 'It is at work.'
  if (state === 'done') return 'All of it is done. Copy it to run it in another way.'
  if (source.of === 'evaluation') return 'The scans of this evaluation are not known here: only its results are.'
  if (rows.every(({ image }) => image === null))
    return 'None of its scans was found. Choose the folder that they lie in.'
  if (cases === 0) return 'No scan is included.'
  return methods.length === 0 ? 'No method is chosen.' : null
}

function notesOf(rows: readonly StoredRow[]): string[] {
  const included = rows.filter(({ isIncluded }) => isIncluded)
  const counts = new Map<string, number>()
  for (const row of included) counts.set(scannerOf(row), (counts.get(scannerOf(row)) ?? 0) + 1)
  const few = [...counts.values()].filter((count) => count < fewCases).length
  const without = included.filter((row) => row.image !== null && referencePath(row) === null).length
  const notes: string[] = []
  if (included.length > 0 && without === included.length)
    notes.push('No scan has a reference mask: the result will say what changed, and not whether it is better.')
  else if (without > 0)
    notes.push(`${counted(without, 'scan')} without a reference mask: scores without a reference will stand apart.`)
  if (without < included.length && !included.some(({ group }) => group === 'reference'))
    notes.push(
      'No group is marked as in domain. Mark the scanner that the model was trained for, and the share of the loss that comes back can be told.',
    )
  if (few > 0)
    notes.push(
      `${few === counts.size ? 'Each scanner has' : `${few} of ${counts.size} scanners ${few === 1 ? 'has' : 'have'}`} fewer than ${fewCases} scans: too few for a test by scanner.`,
    )
  return notes
}

function shownRow(row: StoredRow, index: number): CohortRow {
  const { case: name, kind, facts, choices, series, reference, ownReference, group, isIncluded, problem, notes } = row
  const chosen = choices.find(({ uid }) => uid === series)
  const mask = referencePath(row)
  return {
    row: index,
    case: name,
    name: row.name,
    kind,
    scanner: scannerOf(row),
    facts,
    protocol: chosen?.description ?? '',
    modality: chosen?.modality ?? '',
    series,
    choices,
    reference: {
      of: mask === null ? 'none' : reference === 'own' ? 'own' : 'picked',
      name: mask === null ? null : mask.split(/[\\/]/).at(-1)!,
    },
    hasOwnReference: ownReference !== null,
    group,
    isIncluded,
    hasThumbnail: row.picture !== null,
    problem,
    notes,
  }
}

/** Rows of the list in the order of the manifest that was run. */
export function includedRows({ rows, source }: StoredCohort): number[] {
  return rows.flatMap((row, n) => (row.isIncluded || source.of === 'evaluation' ? [n] : []))
}

/** `row`: its place in the list; `run`: id of its kept run. */
export function resultOf(done: CaseRow, row: number, run: string | null): CohortResult {
  const { reference } = done
  const dice = reference && byState((state) => mean(Object.values(reference[state]).map((score) => score.dice)))
  return {
    row,
    case: done.case,
    method: done.method,
    state: done.state,
    scanner: done.scanner,
    manufacturer: done.manufacturer,
    model: done.model,
    fieldStrength: done.fieldStrength,
    group: done.group,
    verdict: Verdict.safeParse(done.verdict).data ?? null,
    keptStep: done.keptStep,
    reasons: done.reasons,
    labelFree: done.labelFree,
    volumes: done.volumes,
    scores:
      reference &&
      Object.fromEntries(
        Object.entries(reference.before).map(([label, before]) => [
          label,
          { ...byState((state) => shownScore(reference[state][label] ?? before)), referenceMl: before.referenceMl },
        ]),
      ),
    meanDice: dice,
    isHarmed: dice && dice.kept - dice.before < -harmLimit,
    error: done.error,
    run,
  }
}

function shownScore({ dice, surfaceDice, hd95, assd, differenceMl }: LabelScore) {
  return { dice, surfaceDice, hd95, assd, differenceMl }
}

function byState<T>(of: (state: (typeof states)[number]) => T): Record<(typeof states)[number], T> {
  return { before: of('before'), adapted: of('adapted'), kept: of('kept') }
}
