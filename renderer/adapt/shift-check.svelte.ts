/** The shift check of the scan on screen: read where it was done before, done where it was not. */
import type { ShiftReport, VolumeRef } from '../../main/contract/schemas.ts'
import { CallError, call } from '../lib/client.ts'
import type { Workspace } from '../lib/workspace.svelte.ts'
import { jobEnd } from './job-end.ts'

export class ShiftCheck {
  report: ShiftReport | undefined = $state.raw()
  problem: { readonly message: string; readonly remedy: string } | undefined = $state.raw()
  job: string | undefined = $state()

  private readonly workspace: Workspace
  /** Which question the answers belong to: an answer to an earlier one is dropped. */
  private asked = 0

  constructor(workspace: Workspace) {
    this.workspace = workspace
  }

  get isAtWork(): boolean {
    return this.job !== undefined
  }

  /** Reads or makes the report; `anew` makes it whatever is known. */
  async look(scan: VolumeRef, model: string, anew = false): Promise<void> {
    const asked = ++this.asked
    this.problem = undefined
    if (!anew) this.report = undefined
    try {
      const report =
        (anew ? null : await call('adapt.checked', { scan, model })) ?? (await this.check(scan, model, asked))
      if (asked !== this.asked) return
      this.report = report ?? undefined
      this.job = undefined
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (asked !== this.asked) return
      this.job = undefined
      this.problem = error
    }
  }

  private async check(scan: VolumeRef, model: string, asked: number): Promise<ShiftReport | null> {
    const { job } = await call('adapt.check', { scan, model })
    if (asked === this.asked) this.job = job
    const ended = await jobEnd(this.workspace, job)
    if (ended?.error) throw new CallError(ended.error)
    return call('adapt.checked', { scan, model })
  }
}
