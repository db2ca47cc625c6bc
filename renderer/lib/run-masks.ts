/** Fetches the masks of the run on screen as they come to be. */
import type { RunDetail } from '../../main/contract/schemas.ts'
import { CallError } from './client.ts'
import type { MaskOf } from './scan.ts'
import type { Workspace } from './workspace.svelte.ts'

export class RunMasks {
  private readonly workspace: Pick<Workspace, 'mask' | 'tell'>
  /** What is on its way or could not be had, by run and mask: the state of the run in which it was asked for. */
  private readonly asked = new Map<string, string>()

  constructor(workspace: Pick<Workspace, 'mask' | 'tell'>) {
    this.workspace = workspace
  }

  /** Asks for what `run` has by now and is not here yet. */
  async load(run: RunDetail, step: number | null): Promise<void> {
    await Promise.all(masksOf(run, step).map((of) => this.ask(run, of)))
  }

  private async ask(run: RunDetail, of: MaskOf): Promise<void> {
    const name = `${run.id} ${of}`
    const state = [run.state, run.kept, run.masks.length].join(' ')
    if (this.asked.get(name) === state) return
    this.asked.set(name, state)
    try {
      await this.workspace.mask(of)
      // What is here costs nothing to ask for again, and what was dropped since is wanted again.
      if (this.asked.get(name) === state) this.asked.delete(name)
    } catch (error) {
      // A run that did not end may have got as far or not; what a finished one lacks is told.
      if (!(error instanceof CallError)) throw error
      if (run.state === 'done') this.workspace.tell('error', error.message, error.remedy)
    }
  }

  /** A mask appeared: whatever was asked before may be there now. */
  forget(run: string): void {
    for (const name of this.asked.keys()) if (name.startsWith(`${run} `)) this.asked.delete(name)
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
