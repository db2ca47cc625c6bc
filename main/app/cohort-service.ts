/** What answers the calls on cohorts. */
import type { AppHandlers } from '../contract/contract.ts'
import { UserError } from '../errors.ts'

type CohortHandlers = Pick<AppHandlers, Extract<keyof AppHandlers, `cohort.${string}`>>

export function createCohortService(): CohortHandlers {
  const none = (): Promise<never> =>
    Promise.reject(new UserError('not-there', { what: 'This cohort', remedy: 'See the list of cohorts.' }))
  return {
    'cohort.list': () => Promise.resolve([]),
    'cohort.open': none,
    'cohort.locate': none,
    'cohort.read': none,
    'cohort.thumbnail': none,
    'cohort.rename': none,
    'cohort.edit': none,
    'cohort.set-up': none,
    'cohort.copy': none,
    'cohort.forecast': none,
    'cohort.run': none,
    'cohort.results': none,
    'cohort.tables': none,
    'cohort.open-scan': none,
    'cohort.run-again': none,
    'cohort.export-items': none,
    'cohort.export': none,
    'cohort.delete': none,
  }
}
