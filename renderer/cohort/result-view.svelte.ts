/** How the results of a cohort are looked at. It outlives the page: into a case and back loses nothing. */
import type { CaseFilter, CaseSort } from './case-table.ts'
import { meanOfLabels, type After } from './results.ts'

export class ResultView {
  /** '' for the first that there is. */
  method = $state('')
  label = $state(meanOfLabels)
  after: After = $state('kept')
  sort: CaseSort = $state.raw({ column: 'case', isDescending: false })
  filter: CaseFilter = $state('all')
  wanted = $state('')
}
