type ScoreText = { readonly name: string; readonly meaning: string }

/** The label-free scores of the guard by their keys in run.json (methods of each: docs and main/adapt/guard.ts). */
const known: Readonly<Record<string, ScoreText>> = {}

/** A score that the table does not know is shown by its key. */
export function scoreNames(key: string): ScoreText {
  return known[key] ?? { name: key, meaning: '' }
}
