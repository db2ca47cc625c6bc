/** What answers the calls on models, adaptation, runs, export and the engine. */
import type { RunHandlers, Shared } from './shared.ts'

export function createRunService(_shared: Shared): RunHandlers {
  return { close: () => Promise.resolve() } as RunHandlers
}
