/** How far an episode is. */
export type Progress = {
  readonly doing: string
  /** 0 to 1. */
  readonly share: number
  readonly elapsedMs: number
  /** NaN until there is something to go by. */
  readonly remainingMs: number
}

/** Counts the slices that went through the network against those still planned. */
export class ProgressCounter {
  private readonly report: (progress: Progress) => void
  private readonly now: () => number
  private readonly started: number
  private done = 0
  private planned = 0
  private doing = ''

  constructor(now: () => number, report: (progress: Progress) => void = () => {}) {
    this.now = now
    this.report = report
    this.started = now()
  }

  get elapsedMs(): number {
    return this.now() - this.started
  }

  /** What comes next, and how many slices are to come from here on in all. */
  begin(doing: string, slicesToCome: number): void {
    this.doing = doing
    this.planned = this.done + slicesToCome
    this.report(this.current)
  }

  advance(slices: number): void {
    this.done += slices
    this.planned = Math.max(this.planned, this.done)
    this.report(this.current)
  }

  get current(): Progress {
    const share = this.planned > 0 ? this.done / this.planned : 0
    const { elapsedMs } = this
    return { doing: this.doing, share, elapsedMs, remainingMs: share > 0 ? elapsedMs * (1 / share - 1) : NaN }
  }
}
