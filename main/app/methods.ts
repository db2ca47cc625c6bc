import type { Method } from '../adapt/method.ts'
import { methods } from '../adapt/methods/index.ts'
import { parseOptions } from '../adapt/options.ts'
import type { Option, OptionValue, OptionValues } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import { loadModel } from '../model/files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'

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

/** With each method, why it cannot be used with this model; null where it can. Throws UserError where the model is unusable. */
export async function listMethodsFor(
  modelName: string,
  engine: EngineChoice,
): Promise<(MethodSummary & { readonly obstacle: string | null })[]> {
  await startWork(engine)
  const model = await loadModel(modelName)
  try {
    return listMethods().map((summary) => {
      const method = findMethod(summary.name)
      return { ...summary, obstacle: method.obstacle?.(model, parseOptions(method.options)) ?? null }
    })
  } finally {
    model.dispose()
  }
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

/** Several, with all their options. Throws UserError for a method or option that is not known, and for a method named twice. */
export function parseMethods(
  asked: readonly { readonly name: string; readonly options: Readonly<Record<string, OptionValue>> }[],
): { name: string; parameters: OptionValues }[] {
  const methods = asked.map(({ name, options }) => ({
    name,
    parameters: parseOptions(findMethod(name).options, options),
  }))
  if (new Set(methods.map(({ name }) => name)).size < methods.length)
    throw new UserError('usage', { problem: 'A method is named twice', remedy: 'Name each method once.' })
  return methods
}
