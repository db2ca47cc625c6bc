/** The statistics of a cohort's rows as the windows draw them. Slow to import, as the reports are. */
import type { CohortTables } from '../contract/cohort-schemas.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { resultSentences } from '../report/cohort/blocks.ts'
import { CohortReport, cohortReportOf } from '../report/cohort/cohort-report.ts'
import { inOrder, summaryOf } from './evaluation-summary.ts'

/**
 * What the reports say, so that a window says the same. `rows`: those that are done, in any order; `written`: report.json of
 * just these rows, where there is one. Without it, some seconds for thousands of rows.
 */
export function cohortTables(evaluation: Evaluation, rows: readonly CaseRow[], written: unknown): CohortTables {
  const known = CohortReport.safeParse(written).data
  if (known) return tablesOf(known)
  const sorted = inOrder(evaluation, rows)
  return tablesOf(cohortReportOf(summaryOf(evaluation, sorted), sorted, []))
}

function tablesOf(report: CohortReport): CohortTables {
  const { rows: there, done, failed, withoutReference, expected } = report.counts
  return {
    episodes: { expected, done, failed, withoutReference },
    partial: there < expected ? `${expected - there} of ${expected} episodes are not done yet.` : null,
    sentences: [...resultSentences(report), ...report.withoutReference.map(withoutReferenceSentence)],
    warnings: report.warnings,
    labels: report.evaluation.model.labels,
    leftOut: report.leftOut,
    methods: report.methods.map(({ method, groups }) => ({
      method,
      groups: groups.map((group) => ({
        ...group,
        worst: [...group.worst],
        labels: group.labels.map(({ label, metrics }) => ({
          label,
          metrics: metrics.map(({ penalisedMean: _, ...metric }) => metric),
        })),
      })),
    })),
    guard: report.guard,
    volumeAgreement: report.volumeAgreement,
    withoutReference: report.withoutReference,
    definitions: report.definitions,
  }
}

const verdictWords: Readonly<Record<string, string>> = {
  accepted: 'kept',
  'not-needed': 'not needed',
  'rolled-back': 'rolled back',
  off: 'without a verdict',
}

function withoutReferenceSentence({ method, cases, verdicts }: CohortReport['withoutReference'][number]): string {
  const said = Object.entries(verdicts).map(([verdict, count]) => `${count} ${verdictWords[verdict] ?? verdict}`)
  return `${method}: ${cases} ${cases === 1 ? 'case' : 'cases'} without a reference, of which adaptation was ${said.join(', ')}.`
}
