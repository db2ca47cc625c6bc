import { Worker } from 'node:worker_threads'
import type { TrainingConfig } from './config.ts'

/** One simulated scan of one subject: normalised slices and their labels, [slice][j][i]. */
export type Rendered = { readonly index: number; readonly images: Float32Array; readonly labels: Uint8Array }

/** Renders training scans 0, 1, 2, ... in order on another thread, a few ahead of the training loop. What scan n shows
 *  depends on the seed and n alone, so a run that was stopped goes on with the same scans. */
export class RenderedScans {
  private readonly worker: Worker
  private readonly ready: Rendered[] = []
  private waiting: ((scan: Rendered) => void) | undefined
  private failure: Error | undefined
  private fail: ((error: Error) => void) | undefined

  constructor(config: TrainingConfig, first: number) {
    this.worker = new Worker(new URL('./render-worker.ts', import.meta.url), { workerData: { config, first } })
    this.worker.on('message', (scan: Rendered) => {
      const deliver = this.waiting
      this.waiting = undefined
      if (deliver) deliver(scan)
      else this.ready.push(scan)
    })
    this.worker.on('error', (error: Error) => {
      this.failure = error
      this.fail?.(error)
    })
  }

  async next(): Promise<Rendered> {
    if (this.failure) throw this.failure
    this.worker.postMessage('more')
    const scan = this.ready.shift()
    if (scan) return scan
    return new Promise((resolve, reject) => {
      this.waiting = resolve
      this.fail = reject
    })
  }

  async close(): Promise<void> {
    await this.worker.terminate()
  }
}
