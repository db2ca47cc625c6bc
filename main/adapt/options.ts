import { UserError } from '../errors.ts'

export type NumberOption = {
  readonly value: number
  readonly min: number
  readonly max: number
  readonly integer?: true
  readonly help: string
}
export type SwitchOption = { readonly value: boolean; readonly help: string }
export type ChoiceOption = { readonly value: string; readonly choices: readonly string[]; readonly help: string }
export type Option = NumberOption | SwitchOption | ChoiceOption
/** What a method lets a person set, with defaults: the form and the command line's help are made from it. */
export type OptionTable = Readonly<Record<string, Option>>

export type OptionValue = number | boolean | string
export type OptionValues<T extends OptionTable = OptionTable> = {
  readonly [K in keyof T]: T[K] extends NumberOption
    ? number
    : T[K] extends SwitchOption
      ? boolean
      : T[K] extends ChoiceOption
        ? T[K]['choices'][number]
        : OptionValue
}

const remedy = 'See `scanbridge methods show NAME` for its options.'

function parse(name: string, option: Option, given: OptionValue): OptionValue {
  const refuse = (expected: string): never => {
    throw new UserError('usage', { problem: `${name}=${String(given)} is not ${expected}`, remedy })
  }
  if (typeof option.value === 'boolean') {
    if (String(given) === 'true' || String(given) === 'on') return true
    return String(given) === 'false' || String(given) === 'off' ? false : refuse('true or false')
  }
  if ('choices' in option)
    return option.choices.includes(String(given)) ? String(given) : refuse(option.choices.join(', '))
  const { min, max, integer } = option
  const number = typeof given === 'string' && given.trim() === '' ? NaN : Number(given)
  const fits = number >= min && number <= max && (!integer || Number.isInteger(number))
  return fits ? number : refuse(`${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`)
}

/** Defaults, overridden by what was given (text as typed is fine). UserError('usage') for what is unknown or out of range. */
export function parseOptions<T extends OptionTable>(
  table: T,
  given: Readonly<Record<string, OptionValue>> = {},
): OptionValues<T> {
  const values: Record<string, OptionValue> = {}
  for (const [name, option] of Object.entries(table)) values[name] = option.value
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(table, name) ? table[name] : undefined
    if (!option) {
      const known = Object.keys(table).join(', ') || 'none'
      throw new UserError('usage', { problem: `the method has no option ${name} (it has: ${known})`, remedy })
    }
    values[name] = parse(name, option, value)
  }
  return values as OptionValues<T>
}
