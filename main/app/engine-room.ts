/** The engine and the model that this process holds, so that the next run begins at once. Heavy to import. */
import type { Settings } from '../contract/schemas.ts'
import { listModels } from '../model/card-files.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import type { RunRecord } from '../runs/run.ts'
import { startWork } from './engine.ts'

type Engine = RunRecord['engine']
type Held = { readonly name: string; readonly model: Model; users: number; isKept: boolean }

export type Borrowed = { readonly engine: Engine; readonly model: Model; readonly release: () => void }

export class EngineRoom {
  private readonly settings: () => Settings
  private started: Promise<Engine> | undefined
  private kept: Held | undefined
  private last: Promise<unknown> = Promise.resolve()

  constructor(settings: () => Settings) {
    this.settings = settings
  }

  /** Starts the engine at first: a process has one, so another setting counts from the next start of the app on. */
  engine(): Promise<Engine> {
    const { engine } = this.settings()
    this.started ??= startWork(engine === 'auto' ? {} : { name: engine }).catch((error: unknown) => {
      this.started = undefined
      throw error
    })
    return this.started
  }

  /** A model by name, to be given back. One stays in memory: the last that was asked for. Throws UserError. */
  borrow(name: string): Promise<Borrowed> {
    const borrowed = this.last.then(() => this.take(name))
    this.last = borrowed.catch(() => {})
    return borrowed
  }

  async close(): Promise<void> {
    await this.last
    if (this.kept) this.letGo(this.kept)
    this.kept = undefined
  }

  private async take(name: string): Promise<Borrowed> {
    const engine = await this.engine()
    const held = (await this.heldAndCurrent(name)) ?? this.keep(name, await loadModel(name))
    held.users++
    let isOut = true
    const release = (): void => {
      if (isOut) held.users--
      isOut = false
      if (!held.isKept) this.letGo(held)
    }
    return { engine, model: held.model, release }
  }

  /** A model that was trained anew in its folder is read anew. */
  private async heldAndCurrent(name: string): Promise<Held | undefined> {
    if (this.kept?.name !== name) return undefined
    const listed = (await listModels()).find((one) => one.name === name)
    return listed?.card?.sha256 === this.kept.model.card.sha256 ? this.kept : undefined
  }

  private keep(name: string, model: Model): Held {
    const before = this.kept
    this.kept = { name, model, users: 0, isKept: true }
    if (before) this.letGo(before)
    return this.kept
  }

  /** Now, or when its last user gives it back. */
  private letGo(held: Held): void {
    held.isKept = false
    if (held.users === 0) held.model.dispose()
  }
}
