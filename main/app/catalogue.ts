/** Models and methods as the windows list them. */
import type { Method } from '../adapt/method.ts'
import type { MethodSummary, ModelSummary } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { listModels } from '../model/card-files.ts'
import type { ReadRun } from '../runs/files.ts'
import { presets, recommendedMethod } from './defaults.ts'
import type { EngineRoom } from './engine-room.ts'

/** What people change first; the rest stands behind "more". */
const simpleOptions: readonly string[] = ['steps', 'learningRate', 'alpha', 'slices']

export async function summarizeModels(): Promise<ModelSummary[]> {
  return (await listModels()).map(({ name, shipped, card, problem }) => ({
    name,
    title: card?.title ?? name,
    version: card?.version ?? '',
    licence: card?.licence ?? '',
    shipped,
    problem: problem ?? null,
    modality: card?.modality ?? '',
    sequence: card?.sequence ?? '',
    labels: card?.output.labels.map(({ value, name: label, color }) => ({ value, name: label, color })) ?? [],
    limits: card?.limits ?? [],
  }))
}

/** Every method, with what keeps it from being used on this model. A model that does not load keeps all of them. */
export async function summarizeMethods(model: string, room: EngineRoom): Promise<MethodSummary[]> {
  const [{ listMethods, findMethod }, { parseOptions }] = await Promise.all([
    import('./methods.ts'),
    import('../adapt/options.ts'),
  ])
  const borrowed = await room.borrow(model).catch((error: unknown) => {
    if (error instanceof UserError) return error
    throw error
  })
  const obstacleOf = (name: string): string | null => {
    if (borrowed instanceof UserError) return borrowed.sentence
    const method = findMethod(name)
    return method.obstacle?.(borrowed.model, parseOptions(method.options)) ?? null
  }
  try {
    return listMethods().map(({ name, title, summary, reference, options }) => ({
      name,
      title,
      summary,
      reference,
      isRecommended: name === recommendedMethod,
      isPreset: presets.includes(name),
      options: options.map(({ help, ...option }) => ({
        ...option,
        ...('choices' in option && { choices: [...option.choices] }),
        help,
        isSimple: simpleOptions.includes(option.name),
      })) as MethodSummary['options'],
      obstacle: obstacleOf(name),
      ...(learnsFromOthers(findMethod(name)) && { adaptsTogether: true }),
    }))
  } finally {
    if (!(borrowed instanceof UserError)) borrowed.release()
  }
}

/** Why the network of a run's kept step cannot be had; null where it can. */
export async function networkObstacle({ record, journal }: ReadRun): Promise<string | null> {
  const { kept, model } = record
  if (kept === 'source') return 'The source model was kept, and nothing in it is changed.'
  if (!journal.some(({ step, checkpoint }) => step === kept && checkpoint))
    return 'The parameters of the kept step are gone.'
  const here = (await listModels()).find(({ name }) => name === model.name)
  if (!here) return `The model ${model.name} is not here any more.`
  return here.card?.sha256 === model.sha256
    ? null
    : `The model ${model.name} is another version now than the run adapted.`
}

/** A method that trains nothing has nothing to learn from other series either. */
function learnsFromOthers(method: Method): boolean {
  return method.correctSibling !== undefined && method.options['steps']?.value !== 0
}
