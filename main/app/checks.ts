import type { ShiftReport, VolumeRef } from '../contract/schemas.ts'
import type { EngineRoom } from './engine-room.ts'
import type { Shared } from './shared.ts'

/** As many as somebody may go back to. */
const most = 50

/** Shift checks as jobs, and what they came to. */
export class Checks {
  private readonly shared: Shared
  private readonly room: () => Promise<EngineRoom>
  private readonly reports = new Map<string, ShiftReport>()

  constructor(shared: Shared, room: () => Promise<EngineRoom>) {
    this.shared = shared
    this.room = room
  }

  /** Returns the job. */
  start(scan: VolumeRef, model: string): string {
    const { jobs, inputs } = this.shared
    const job = jobs.start(
      { kind: 'check', title: 'Comparison with the training scans', input: scan.input },
      async (work) => {
        work.onProgress('starting', 0)
        const borrowed = await (await this.room()).borrow(model)
        try {
          const { checkShift } = await import('./shift-check.ts')
          const { volume } = await inputs.volume(scan)
          work.signal.throwIfAborted()
          const report = await checkShift(volume, borrowed.model, work)
          this.keep(keyOf(scan, model), { ...report, causes: [...report.causes] })
        } finally {
          borrowed.release()
        }
      },
    )
    return job.id
  }

  /** Null where no check of it has ended. */
  get(scan: VolumeRef, model: string): ShiftReport | null {
    return this.reports.get(keyOf(scan, model)) ?? null
  }

  /** Something else may lie there now. */
  forget(input: string): void {
    for (const key of this.reports.keys()) if ((JSON.parse(key) as string[])[0] === input) this.reports.delete(key)
  }

  private keep(key: string, report: ShiftReport): void {
    this.reports.delete(key)
    this.reports.set(key, report)
    const [oldest] = this.reports.keys()
    if (this.reports.size > most && oldest !== undefined) this.reports.delete(oldest)
  }
}

function keyOf({ input, series, volume }: VolumeRef, model: string): string {
  return JSON.stringify([input, series, volume, model])
}
