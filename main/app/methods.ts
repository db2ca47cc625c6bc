import type { Method } from '../adapt/method.ts'
import { methods } from '../adapt/methods/index.ts'
import type { Option } from '../adapt/options.ts'
import { UserError } from '../errors.ts'

export type MethodSummary = {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly reference: string
  readonly options: readonly ({ readonly name: string } & Option)[]
}

export function listMethods(): MethodSummary[] {
  return Object.keys(methods).map(describeMethod)
}

export function describeMethod(name: string): MethodSummary {
  const { title, summary, reference, options } = findMethod(name)
  return {
    name,
    title,
    summary,
    reference,
    options: Object.entries(options as Record<string, Option>).map(([key, option]) => ({ name: key, ...option })),
  }
}

export function findMethod(name: string): Method {
  if (Object.hasOwn(methods, name)) return (methods as Record<string, Method>)[name]!
  const remedy = `Choose one of: ${Object.keys(methods).join(', ')}.`
  throw new UserError('usage', { problem: `There is no method ${name}`, remedy })
}
