/** Decisions of a person about a run. Each is put on record, and each can be taken back. */
import type { Kept } from '../../main/contract/schemas.ts'
import { call } from '../lib/client.ts'
import type { Workspace } from '../lib/workspace.svelte.ts'

export class Decision {
  isBusy = $state(false)
  private readonly workspace: Workspace

  constructor(workspace: Workspace) {
    this.workspace = workspace
  }

  keep(to: Kept): Promise<void> {
    return this.decide((run) => call('run.keep', { run, to }))
  }

  undo(): Promise<void> {
    return this.decide((run) => call('run.undo', { run }))
  }

  private async decide(act: (run: string) => ReturnType<typeof call<'run.keep'>>): Promise<void> {
    const { workspace } = this
    const run = workspace.run?.id
    if (!run || this.isBusy) return
    this.isBusy = true
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
