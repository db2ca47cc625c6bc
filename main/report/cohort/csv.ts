import { cell } from '../csv.ts'
import type { CohortReport } from './cohort-report.ts'

const header = [
  'method',
  'by',
  'group',
  'cases_of_group',
  'label',
  'metric',
  'cases',
  'state',
  'undefined',
  'penalised_mean',
  'median',
  'q1',
  'q3',
  'min',
  'max',
  'mean',
  'median_low95',
  'median_high95',
  'change_median',
  'change_low95',
  'change_high95',
  'p',
  'p_holm',
  'effect',
  'both_empty',
] as const

/** One line a method, group, label, metric and state: every number of the tables, unrounded to nine digits. RFC 4180. */
export function cohortCsv({ methods }: CohortReport): string {
  const lines = methods.flatMap(({ method, groups }) =>
    groups.flatMap(({ by, value, cases, labels }) =>
      labels.flatMap(({ label, bothEmpty, metrics }) =>
        metrics.flatMap((cell) =>
          (['before', 'adapted', 'kept'] as const).map((state) => {
            const spread = cell.states?.[state]
            const change = state === 'before' ? undefined : cell.changes?.[state]
            return [
              ...[method, by, value, cases, label, cell.metric, cell.cases, state, cell.undefined[state]],
              cell.penalisedMean?.[state],
              ...[spread?.median, spread?.q1, spread?.q3, spread?.min, spread?.max, spread?.mean],
              ...(spread?.interval ?? [null, null]),
              change?.median,
              ...(change?.interval ?? [null, null]),
              ...[change?.p, change?.pHolm, change?.effect, bothEmpty[state]],
            ]
          }),
        ),
      ),
    ),
  )
  return [header, ...lines].map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n'
}
