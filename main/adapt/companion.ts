import type { Model } from '../model/model.ts'

/** The value of the main network that a companion takes: its own input bears that value's name. */
export function companionInput(companion: Model): string {
  return companion.graph.inputs[0]!.name
}
