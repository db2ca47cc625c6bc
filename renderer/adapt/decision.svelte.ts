/** Decisions of a person about a run. Each is put on record, and each can be taken back. */
import type { Kept } from '../../main/contract/schemas.ts'
import { call } from '../lib/client.ts'
import type { Workspace } from '../lib/workspace.svelte.ts'

export class Decision {
  isBusy = $state(false)
  private readonly workspace: Workspace
  /** The decision that is being carried out, settled when there is none. */
  private underWay: Promise<void> = Promise.resolve()

  constructor(workspace: Workspace) {
    this.workspace = workspace
  }

  keep(to: Kept): Promise<void> {
    return this.decide((run) => call('run.keep', { run, to }))
  }

  undo(): Promise<void> {
    return this.decideNext((run) => call('run.undo', { run }))
  }

  redo(): Promise<void> {
    return this.decideNext((run) => call('run.redo', { run }))
  }

  /** A hand is quicker than a mask is written: what is being decided is waited for, then taken back or made again. */
  private async decideNext(act: (run: string) => ReturnType<typeof call<'run.keep'>>): Promise<void> {
    const run = this.workspace.run?.id
    await this.underWay
    if (this.workspace.run?.id === run) await this.decide(act)
  }

  private async decide(act: (run: string) => ReturnType<typeof call<'run.keep'>>): Promise<void> {
    const run = this.workspace.run?.id
    if (!run || this.isBusy) return
    this.isBusy = true
    this.underWay = this.carryOut(run, act)
    await this.underWay
  }

  private async carryOut(run: string, act: (run: string) => ReturnType<typeof call<'run.keep'>>): Promise<void> {
    const { workspace } = this
    await workspace.guard(
      act(run).then(async (decided) => {
        await workspace.replaceRun(decided)
        // What is kept is another mask now; views show it where the scan is open.
        if (decided.scan && workspace.run?.id === decided.id) await workspace.mask('kept')
      }),
    )
    this.isBusy = false
  }
}
