/** The set-up of a cohort as it is typed. What can be used is kept with the cohort at once, so that a reload loses nothing. */
import type { CohortSetup } from '../../main/contract/cohort-schemas.ts'
import type { MethodSummary } from '../../main/contract/schemas.ts'
import { changedValues, draftsFrom, draftsOf, isChanged, problemOf, seedOf } from '../adapt/options.ts'
import type { Draft, Drafts } from '../adapt/options.ts'
import { positiveNumber } from './numbers.ts'

export class SetupForm {
  model = $state('')
  /** Names of methods, in the order in which they run. */
  chosen: readonly string[] = $state.raw([])
  guard = $state(true)
  tolerance = $state('')
  seed = $state('')
  keepsRuns = $state(true)
  private drafts: Readonly<Record<string, Drafts>> = $state.raw({})

  constructor(setup: CohortSetup) {
    this.model = setup.model
    this.chosen = setup.methods.map(({ name }) => name)
    this.guard = setup.guard
    this.tolerance = String(setup.toleranceMm)
    this.seed = String(setup.seed)
    this.keepsRuns = setup.keepsRuns
    this.given = Object.fromEntries(setup.methods.map(({ name, options }) => [name, options]))
  }

  /** Options as the cohort has them, until the method's own table is known. */
  private readonly given: Readonly<Record<string, CohortSetup['methods'][number]['options']>>

  draftsOf({ name, options }: MethodSummary): Drafts {
    return { ...draftsFrom(options, this.given[name] ?? {}), ...this.drafts[name] }
  }

  set(method: MethodSummary, option: string, draft: Draft): void {
    this.drafts = { ...this.drafts, [method.name]: { ...this.draftsOf(method), [option]: draft } }
  }

  reset({ name, options }: MethodSummary): void {
    this.drafts = { ...this.drafts, [name]: draftsOf(options) }
  }

  choose(name: string, isChosen: boolean): void {
    const others = this.chosen.filter((other) => other !== name)
    this.chosen = isChosen ? [...others, name] : others
  }

  changes(method: MethodSummary): number {
    const drafts = this.draftsOf(method)
    return method.options.filter((option) => isChanged(option, drafts[option.name]!)).length
  }

  /** What is to be put right, in a sentence; undefined where all can be used. */
  problem(methods: readonly MethodSummary[]): string | undefined {
    if (this.chosen.length === 0) return 'Choose at least one method.'
    for (const name of this.chosen) {
      const method = methods.find((one) => one.name === name)
      if (!method) return `There is no method ${name}.`
      if (method.obstacle) return `${method.title} cannot be used with this model: ${method.obstacle}`
      const drafts = this.draftsOf(method)
      if (method.options.some((option) => problemOf(option, drafts[option.name]!)))
        return `Put the options of ${method.title} right first.`
    }
    if (positiveNumber(this.tolerance) === undefined) return 'The tolerance is a length above 0 mm.'
    if (seedOf(this.seed) === undefined) return 'The seed is a whole number from 0 to 4294967295.'
    return undefined
  }

  /** undefined where something cannot be used as it was typed. */
  setup(methods: readonly MethodSummary[]): CohortSetup | undefined {
    const [toleranceMm, seed] = [positiveNumber(this.tolerance), seedOf(this.seed)]
    const all = this.chosen.flatMap((name) => methods.find((one) => one.name === name) ?? [])
    const isWrong = all.some((method) => {
      const drafts = this.draftsOf(method)
      return method.options.some((option) => problemOf(option, drafts[option.name]!))
    })
    if (toleranceMm === undefined || seed === undefined || isWrong) return undefined
    return {
      model: this.model,
      methods: all.map((method) => ({
        name: method.name,
        options: changedValues(method.options, this.draftsOf(method)),
      })),
      guard: this.guard,
      toleranceMm,
      seed,
      keepsRuns: this.keepsRuns,
    }
  }
}
