/** What passes between a host and its worker process; structured clones, so voxels stay bytes. */
import type { Event, Picked, Reply } from '../contract/contract.ts'

export type ToWorker =
  | { readonly id: number; readonly call: string; readonly input: unknown; readonly picked: Picked }
  /** Put everything in order and end. */
  | { readonly end: true }

export type FromWorker =
  | { readonly id: number; readonly reply: Reply<unknown> }
  | Event
  /** The service stands. */
  | { readonly ready: true }
