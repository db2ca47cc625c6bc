/** Fetches the masks of the run on screen as they come to be. */
import type { RunDetail } from '../../main/contract/schemas.ts'
import { CallError } from './client.ts'
import type { MaskOf } from './scan.ts'
import type { Workspace } from './workspace.svelte.ts'

export class RunMasks {
  private readonly workspace: Workspace
  /** Asked for in the run's present state: asking again would give the same. */
  private readonly asked = new Set<string>()

  constructor(workspace: Workspace) {
    this.workspace = workspace
  }

  /** Asks for what `run` has by now and is not here yet. */
  async load(run: RunDetail, step: number | null): Promise<void> {
    await Promise.all(masksOf(run, step).map((of) => this.ask(run, of)))
  }

  private async ask(run: RunDetail, of: MaskOf): Promise<void> {
    const name = [run.id, run.state, run.kept, run.masks.length, of].join(' ')
    if (this.asked.has(name)) return
    this.asked.add(name)
    try {
      await this.workspace.mask(of)
    } catch (error) {
      // A run that did not end may have got as far or not; what a finished one lacks is told.
      if (!(error instanceof CallError)) throw error
      if (run.state === 'done') this.workspace.tell('error', error.message, error.remedy)
    }
  }

  /** A mask appeared: whatever was asked before may be there now. */
  forget(run: string): void {
    for (const name of this.asked) if (name.startsWith(`${run} `)) this.asked.delete(name)
  }
}

/** The masks that views may want, of those that a run in this state can have. */
export function masksOf(run: RunDetail, step: number | null): readonly MaskOf[] {
  const hasAfter = Object.values(run.volumes).some(({ after }) => after !== null)
  const isOver = run.state !== 'running'
  const isStored = step !== null && run.masks.includes(step)
  return [
    'before',
    ...(isOver ? (['kept'] as const) : []),
    ...(isOver && hasAfter ? (['after'] as const) : []),
    ...(isStored ? [step] : []),
  ]
}
