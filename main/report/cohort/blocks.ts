import type { CaseRow } from '../../evaluate/case-row.ts'
import type { MethodSummary } from '../../evaluate/summary.ts'
import { change, none, number } from '../format.ts'
import type { PictureRow } from '../panels.ts'
import { colors, rectangle } from '../scene.ts'
import type { Mark, Scene } from '../scene.ts'
import type { Fact, Tile } from '../sections.ts'
import { blandAltman, mostVolumes } from './bland-altman.ts'
import { boxes, mostPoints } from './boxes.ts'
import type { CohortReport } from './cohort-report.ts'
import { columnName } from './groupings.ts'
import { mostLines, pairedLines } from './paired-lines.ts'
import { looks } from './plot.ts'
import { scoredRows } from './scored.ts'
import { shareBars } from './share-bars.ts'
import {
  caseTable,
  emptyTable,
  failureTable,
  groupTable,
  guardTable,
  labelTable,
  meanDiceOf,
  methodTable,
  mostCases,
  pValue,
  scannerTable,
  scoreTable,
  shownGroupings,
  volumeTable,
  worstTable,
} from './tables.ts'
import type { SizedTable } from './tables.ts'

/** One case of the montage, and why it is shown. */
export type MontageCase = { readonly title: string; readonly row: PictureRow }

/** What stands in a cohort's report, whatever the format: html.ts and pdf.ts lay it out. */
export type CohortContent = {
  readonly report: CohortReport
  /** In the order of manifest and methods. */
  readonly rows: readonly CaseRow[]
  readonly montage: readonly MontageCase[]
  /** Grey pictures by name, PNG. */
  readonly pictures: ReadonlyMap<string, Uint8Array>
}

export type Swatch = { readonly name: string; readonly scene: Scene }

/** Parts of a report in their order. Captions are numbered by the layouts, tables and figures apart. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'table'; readonly table: SizedTable; readonly caption: string }
  | {
      readonly kind: 'figure'
      readonly scenes: readonly Scene[]
      readonly columns: number
      readonly caption: string
      readonly legend: readonly Swatch[]
    }
  | {
      readonly kind: 'montage'
      readonly cases: readonly MontageCase[]
      readonly caption: string
      readonly legend: readonly Swatch[]
    }
  | { readonly kind: 'facts'; readonly title: string; readonly facts: readonly Fact[] }

export function titleOf({ evaluation }: CohortReport): string {
  return `${evaluation.model.name}: ${evaluation.methods.map(({ name }) => name).join(', ')} on ${evaluation.manifest.cases} cases`
}

/** What an evaluation is called at the foot of a page: enough of the manifest's and the model's hash to tell it from others. */
export function idOf({ evaluation }: CohortReport): string {
  return `${evaluation.manifest.sha256.slice(0, 12)}-${evaluation.model.sha256.slice(0, 8)}`
}

export function cohortTiles({ report, rows }: CohortContent): Tile[] {
  const { counts, evaluation, methods } = report
  const scored = scoredRows(rows)
  const scanners = new Set(rows.filter(({ state }) => state === 'done').map(({ scanner }) => scanner)).size
  const cases = new Set(scored.map(({ index }) => index)).size
  const source = methods[0]?.groups[0] && meanDiceOf(methods[0].groups[0])?.states?.before
  const best = methods
    .flatMap(({ method, groups: [whole] }) => {
      const dice = whole && meanDiceOf(whole)?.states?.kept.median
      return dice === undefined ? [] : { method, dice }
    })
    .sort((a, b) => b.dice - a.dice)[0]
  return [
    ['Cases', String(evaluation.manifest.cases), `${cases} with a reference`],
    ['Scanners', String(scanners), 'as scans or manifest name them'],
    ['Episodes', String(counts.done), counts.failed ? `${counts.failed} failed` : `of ${counts.expected}, none failed`],
    ...(source ? [['Dice before', number(source.median, 3), 'median, mean of labels'] as const] : []),
    ...(best ? [['Dice kept', number(best.dice, 3), `median, ${best.method}`] as const] : []),
  ]
}

/** The result of each method in a sentence or two, without judgement. */
export function resultSentences({ methods, evaluation }: CohortReport): string[] {
  return methods.map(({ method, groups: [whole] }) => resultOf(method, whole!, evaluation.guard))
}

function resultOf(method: string, whole: MethodSummary['groups'][number], isGuarded: boolean): string {
  const cell = meanDiceOf(whole)
  if (!cell?.states || !cell.changes) return `${method}: no case with a reference was finished.`
  const { kept } = cell.changes
  const [low, high] = kept.interval ?? []
  const interval =
    low === undefined || high === undefined ? '' : `; 95 % interval ${change(low, 3, '')} to ${change(high, 3, '')}`
  const p = kept.pHolm === null ? 'no case changed' : `p ${pValue(kept.pHolm).replace(/^(?!<)/, '= ')} after Holm`
  const recovered = whole.recoveredPercent.kept
  const back =
    recovered === null ? '' : ` Of the Dice lost against the in-domain group, ${number(recovered, 0)} % came back.`
  const harm = `Harmed: ${whole.harmed.kept.count} of ${whole.cases} cases`
  const without = isGuarded ? `, ${whole.harmed.adapted.count} had the last step been kept` : ''
  return (
    `${method}: Dice (mean of labels) went from a median of ${number(cell.states.before.median, 3)} to ` +
    `${number(cell.states.kept.median, 3)} in ${cell.cases} cases; median change ${change(kept.median, 3, '')}${interval}; ${p}.` +
    `${back} ${harm}${without}.`
  )
}

export function blocksOf(content: CohortContent): Block[] {
  const { report, rows } = content
  const hasScores = report.methods.length > 0
  return [
    ...(hasScores ? results(content) : [{ kind: 'notice', text: noReference } as const]),
    ...labelFreeBlocks(report),
    ...montageBlocks(content),
    ...(hasScores ? details(content) : []),
    ...(report.failures.length
      ? [
          { kind: 'heading', text: 'Failures' } as const,
          { kind: 'table', table: failureTable(report), caption: 'Episodes that could not be done.' } as const,
        ]
      : []),
    ...(hasScores && scoredRows(rows).length
      ? [
          { kind: 'heading', text: 'Every case' } as const,
          {
            kind: 'table',
            table: caseTable(rows),
            caption: `Dice, mean of labels, of every case with a reference${scoredRows(rows).length > mostCases ? `; the first ${mostCases}, cases.csv has all` : ''}.`,
          } as const,
        ]
      : []),
    ...provenance(report),
    { kind: 'heading', text: 'Definitions' },
    {
      kind: 'facts',
      title: 'Words, metrics and statistics',
      facts: report.definitions.map(({ term, meaning }) => ({ name: term, value: meaning })),
    },
  ]
}

const noReference =
  'No case has a reference mask. Nothing in this report measures accuracy: label-free scores say how a mask behaves, not whether it is right.'

function results({ report, rows }: CohortContent): Block[] {
  const { methods, evaluation } = report
  const labels = evaluation.model.labels.map(({ name }) => name)
  const table = (sized: SizedTable, caption: string): Block => ({ kind: 'table', table: sized, caption })
  const emptied = emptyTable(methods)
  return [
    { kind: 'heading', text: 'Methods side by side' },
    table(
      methodTable(report),
      'All cases with a reference; Dice, mean of labels. Changes are against the source model, case by case.',
    ),
    {
      kind: 'figure',
      scenes: [shareBars(methods)],
      columns: 1,
      caption: 'Share of the lost Dice that came back, and share of cases harmed (Dice falls by more than 0.01).',
      legend: barLegend,
    },
    { kind: 'heading', text: 'Case by case' },
    ...methods.map(({ method }): Block => {
      const own = scoredRows(rows, method)
      return {
        kind: 'figure',
        scenes: pairedLines(method, own),
        columns: 1,
        caption: `${method}: every case before and kept, by scanner. Bars are medians.${thinnedNote(own, mostLines)}`,
        legend: lineLegend,
      }
    }),
    { kind: 'heading', text: 'By scanner' },
    ...methods.map(({ method }): Block => {
      const own = scoredRows(rows, method)
      return {
        kind: 'figure',
        scenes: boxes(method, own, labels),
        columns: 1,
        caption: `${method}: Dice of each label by scanner. Box: quartiles and median; whiskers: least and largest; points: cases.${thinnedNote(own, mostPoints)}`,
        legend: stateLegend,
      }
    }),
    ...shownGroupings(report).map(({ by }) =>
      table(groupTable(report, by), `By ${columnName(by)}: Dice, mean of labels.`),
    ),
    ...(report.leftOut.length
      ? [
          {
            kind: 'text',
            text: `Without a table of their own: ${report.leftOut.map(({ column, reason }) => `${columnName(column)} (${reason})`).join('; ')}.`,
          } as const,
        ]
      : []),
    { kind: 'heading', text: 'Labels and metrics' },
    ...methods.map((one) =>
      table(labelTable(one), `${one.method}: every label and metric, all cases with a reference.`),
    ),
    ...(emptied
      ? [
          table(
            emptied,
            'Empty masks. One empty: Dice 0, the distance undefined; the penalised mean counts it as the diagonal of the field of view. Both empty: Dice 1, the distance 0.',
          ),
        ]
      : []),
    { kind: 'heading', text: 'Volumes' },
    ...methods.map(({ method }): Block => {
      const own = scoredRows(rows, method)
      return {
        kind: 'figure',
        scenes: labels.flatMap((label) => blandAltman(own, label)),
        columns: 2,
        caption: `${method}: Bland-Altman plots of volumes against the reference, with bias and limits of agreement.${thinnedNote(own, mostVolumes)}`,
        legend: stateLegend,
      }
    }),
    table(volumeTable(report), 'Mask minus reference: bias and limits of agreement.'),
  ]
}

function thinnedNote(rows: readonly CaseRow[], most: number): string {
  const counts = new Map<string, number>()
  for (const { scanner } of rows) counts.set(scanner, (counts.get(scanner) ?? 0) + 1)
  return Math.max(0, ...counts.values()) > most
    ? ` Where there are more than ${most} cases, evenly picked ones are drawn.`
    : ''
}

function details({ report, rows }: CohortContent): Block[] {
  return [
    { kind: 'heading', text: 'What the guard did' },
    {
      kind: 'table',
      table: guardTable(report),
      caption:
        'Verdicts, and beside the reference (which the guard does not see) whether they were right. To harm or help: more than 0.01 of Dice, mean of labels.',
    },
    { kind: 'heading', text: 'Worst cases' },
    {
      kind: 'table',
      table: worstTable(report, rows),
      caption: 'The five least changes of each method; Dice, mean of labels.',
    },
    { kind: 'heading', text: 'Every scanner, label and metric' },
    {
      kind: 'table',
      table: scannerTable(report),
      caption: 'Medians, before / kept. Quartiles, intervals and tests of every cell stand in report.csv.',
    },
  ]
}

function labelFreeBlocks({ withoutReference, methods }: CohortReport): Block[] {
  if (withoutReference.length === 0) return []
  return [
    { kind: 'heading', text: 'Cases without a reference' },
    ...(methods.length ? [{ kind: 'notice', text: apart } as const] : []),
    ...withoutReference.map((one): Block => ({
      kind: 'table',
      table: scoreTable(one),
      caption: `${one.method}, ${one.cases} cases without a reference: ${Object.entries(one.verdicts)
        .map(([verdict, cases]) => `${cases} ${verdict}`)
        .join(', ')}. Label-free: no measure of accuracy.`,
    })),
  ]
}

const apart =
  'These cases have no reference mask and are in no table above. What follows says how masks behave, not whether they are right.'

function montageBlocks({ report, montage }: CohortContent): Block[] {
  const heading = { kind: 'heading', text: 'Montage' } as const
  if (montage.length === 0)
    return [
      heading,
      { kind: 'text', text: 'No run folders were kept ("evaluate --keep-runs"), so there are no pictures.' },
    ]
  return [
    heading,
    {
      kind: 'montage',
      cases: montage,
      caption: report.methods.length
        ? `By method, at most six cases: the two with the least change of Dice, the two in the middle, the two with the largest. ${slice}`
        : `By method: at most six cases, evenly picked in the order of the manifest. ${slice}`,
      legend: montageLegend(report),
    },
  ]
}

const slice =
  'The axial slice with most change; left: before; middle: kept, or the last step where the source model was kept; right: the change.'

function swatch(name: string, marks: readonly Mark[]): Swatch {
  return { name, scene: { width: 26, height: 14, title: name, hatchStep: 3, marks } }
}

const box = rectangle(1, 1, 24, 12)

const stateLegend: readonly Swatch[] = (['before', 'kept'] as const).map((state) => {
  const { color, point } = looks[state]
  return swatch(state, [
    { kind: 'path', d: box, fill: color, opacity: 0.18 },
    { kind: 'path', d: box, stroke: color, width: 1.2 },
    { kind: 'path', d: point(13, 7, 3), fill: color },
  ])
})

const lineLegend: readonly Swatch[] = [
  ...(['before', 'kept'] as const).map((state) =>
    swatch(state, [{ kind: 'path', d: looks[state].point(13, 7, 4), fill: looks[state].color }]),
  ),
  swatch('a case', [{ kind: 'path', d: 'M1 7L25 7', stroke: 'muted', width: 1 }]),
  swatch('a case that is harmed', [{ kind: 'path', d: 'M1 7L25 7', stroke: colors.bad, width: 2, dash: [5, 3] }]),
]

const barLegend: readonly Swatch[] = [
  swatch('last step, without the guard', [
    { kind: 'path', d: box, fill: colors.changed, opacity: 0.25 },
    { kind: 'path', d: box, fill: colors.changed, hatch: 'rising' },
  ]),
  swatch('kept, with the guard', [{ kind: 'path', d: box, fill: looks.kept.color }]),
]

function montageLegend({ evaluation }: CohortReport): Swatch[] {
  const area = (color: `#${string}`, hatch: 'rising' | 'falling' | 'dotted'): Mark[] => [
    { kind: 'path', d: box, fill: color, opacity: 0.4 },
    { kind: 'path', d: box, fill: color, hatch },
  ]
  return [
    ...evaluation.model.labels.map(({ name, color }) =>
      swatch(name, [
        { kind: 'path', d: box, fill: color as `#${string}`, opacity: 0.35 },
        { kind: 'path', d: box, stroke: color as `#${string}`, width: 1.6 },
      ]),
    ),
    swatch('gained', area(colors.gained, 'rising')),
    swatch('lost', area(colors.lost, 'falling')),
    swatch('other label', area(colors.changed, 'dotted')),
  ]
}

function provenance(report: CohortReport): Block[] {
  const { evaluation, counts, files } = report
  const { model, manifest, methods, engine, seed, guard, toleranceMm, scanbridge } = evaluation
  return [
    { kind: 'heading', text: 'Provenance' },
    {
      kind: 'facts',
      title: 'Evaluation',
      facts: [
        { name: 'Manifest (SHA-256)', value: manifest.sha256, mono: true },
        { name: 'Cases in it', value: String(manifest.cases) },
        { name: 'Episodes', value: `${counts.done} done, ${counts.failed} failed, ${counts.expected} asked for` },
        { name: 'Model', value: `${model.name} ${model.version}` },
        { name: 'Model (SHA-256)', value: model.sha256, mono: true },
        { name: 'Labels', value: model.labels.map(({ name, value }) => `${value} ${name}`).join(', ') },
        { name: 'Guard', value: guard ? 'on' : 'off' },
        { name: 'Seed', value: String(seed) },
        { name: 'Tolerance', value: `${toleranceMm} mm (surface Dice)` },
        { name: 'Engine', value: engine },
        { name: 'Scanbridge', value: scanbridge.version },
      ],
    },
    {
      kind: 'facts',
      title: 'Methods and all their parameters',
      facts: methods.map(({ name, parameters }) => ({
        name,
        value:
          Object.entries(parameters)
            .map(([key, value]) => `${key} = ${value}`)
            .join(', ') || none,
      })),
    },
    {
      kind: 'facts',
      title: 'Files of the evaluation (SHA-256)',
      facts: files.map(({ name, sha256 }) => ({ name, value: sha256, mono: true })),
    },
  ]
}
