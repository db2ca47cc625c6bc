/** A form made from a method's option table: what was typed, what it means, what is wrong with it. */
import type { MethodOption, OptionValue } from '../../main/contract/schemas.ts'

/** As typed: numbers and choices as text, switches as they are. */
export type Draft = string | boolean
export type Drafts = Readonly<Record<string, Draft>>

export function draftsOf(options: readonly MethodOption[]): Drafts {
  return Object.fromEntries(options.map((option) => [option.name, draftOf(option.value)]))
}

export function draftOf(value: OptionValue): Draft {
  return typeof value === 'boolean' ? value : String(value)
}

/** "learningRate" as "Learning rate". */
export function optionTitle(name: string): string {
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
  return words[0]!.toUpperCase() + words.slice(1)
}

/** "0 to 1000, whole numbers"; '' where there is nothing to say. */
export function limitsText({ value, min, max, integer }: MethodOption): string {
  if (typeof value !== 'number') return ''
  const range =
    min !== undefined && max !== undefined
      ? `${figure(min)} to ${figure(max)}`
      : min !== undefined
        ? `from ${figure(min)}`
        : max !== undefined
          ? `up to ${figure(max)}`
          : ''
  return [range, integer ? 'whole numbers' : ''].filter(Boolean).join(', ')
}

/** The value that a draft stands for, or undefined where it stands for none that is allowed. */
export function valueOf(option: MethodOption, draft: Draft): OptionValue | undefined {
  if (typeof option.value === 'boolean') return typeof draft === 'boolean' ? draft : undefined
  if (typeof draft !== 'string') return undefined
  if (typeof option.value === 'string') return !option.choices || option.choices.includes(draft) ? draft : undefined
  const typed = draft.trim().replace(',', '.').replace('\u2212', '-')
  const value = typed === '' ? NaN : Number(typed)
  const isWithin = value >= (option.min ?? -Infinity) && value <= (option.max ?? Infinity)
  return Number.isFinite(value) && isWithin && (!option.integer || Number.isInteger(value)) ? value : undefined
}

/** What is wrong with a draft, as a sentence; undefined where nothing is. */
export function problemOf(option: MethodOption, draft: Draft): string | undefined {
  if (valueOf(option, draft) !== undefined) return undefined
  if (typeof option.value !== 'number') return `Choose one of: ${(option.choices ?? []).join(', ')}.`
  const limits = limitsText(option)
  return limits ? `A number is needed: ${limits}.` : 'A number is needed.'
}

/** 0.004 and 4e-3 are the same choice; what is wrong counts as changed. */
export function isChanged(option: MethodOption, draft: Draft): boolean {
  return valueOf(option, draft) !== option.value
}

/** What differs from the method's own values, as a run wants it. Drafts with a problem are left out. */
export function changedValues(options: readonly MethodOption[], drafts: Drafts): Record<string, OptionValue> {
  return Object.fromEntries(
    options.flatMap((option) => {
      const value = valueOf(option, drafts[option.name]!)
      return value === undefined || value === option.value ? [] : [[option.name, value] as const]
    }),
  )
}

/** Drafts for the same names with the values of an earlier run, as far as they still fit. */
export function draftsFrom(options: readonly MethodOption[], values: Readonly<Record<string, OptionValue>>): Drafts {
  return Object.fromEntries(
    options.map((option) => {
      const earlier = values[option.name]
      const draft = draftOf(earlier ?? option.value)
      return [option.name, valueOf(option, draft) === undefined ? draftOf(option.value) : draft]
    }),
  )
}

/** 0 to 4294967295, whole; undefined where it is not one. */
export function seedOf(typed: string): number | undefined {
  const value = typed.trim() === '' ? NaN : Number(typed)
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : undefined
}

function figure(value: number): string {
  return String(value).replace('-', '\u2212')
}

/** How many steps these settings lead to at most, where they say so. */
export function plannedSteps(parameters: Readonly<Record<string, OptionValue>>): number | undefined {
  const [passes, steps] = [parameters['passes'], parameters['steps']]
  const sum = (typeof passes === 'number' ? passes : 0) + (typeof steps === 'number' ? steps : 0)
  return sum > 0 ? sum : undefined
}
