/** What was set for the next run. It outlives the panel: going to look at the scan and back loses nothing. */
import type { Input } from '../../main/contract/contract.ts'
import type { MethodSummary, Pick, VolumeRef } from '../../main/contract/schemas.ts'
import { isSameScan } from '../lib/scan.ts'
import { changedValues, draftsFrom, draftsOf, isChanged, problemOf, seedOf } from './options.ts'
import type { Draft, Drafts } from './options.ts'

type Request = Omit<Input<'adapt.start'>, 'scan' | 'model'>

export class AdaptForm {
  /** A run was asked for and is not on screen yet: the engine may have to be loaded first. */
  isStarting = $state(false)
  seed = $state('0')
  guard = $state(true)
  /** Take the reference that lies with the input, where there is one. */
  usesOwnReference = $state(true)
  /** Other series to adapt together with, for one scan and no other. */
  private ticked: { readonly scan: VolumeRef; readonly others: readonly VolumeRef[] } | undefined = $state.raw()
  /** A mask that was picked by hand, for one scan and no other. */
  private picked: { readonly pick: Pick; readonly scan: VolumeRef } | undefined = $state.raw()
  private drafts: Readonly<Record<string, Drafts>> = $state.raw({})

  draftsOf({ name, options }: MethodSummary): Drafts {
    return { ...draftsOf(options), ...this.drafts[name] }
  }

  set(method: MethodSummary, option: string, draft: Draft): void {
    this.drafts = { ...this.drafts, [method.name]: { ...this.draftsOf(method), [option]: draft } }
  }

  /** The method's own values again. */
  reset({ name, options }: MethodSummary): void {
    this.drafts = { ...this.drafts, [name]: draftsOf(options) }
  }

  /** The settings of an earlier run. */
  take(
    method: MethodSummary,
    run: { readonly parameters: Input<'adapt.start'>['options']; readonly seed: number },
  ): void {
    this.drafts = { ...this.drafts, [method.name]: draftsFrom(method.options, run.parameters) }
    this.seed = String(run.seed)
  }

  changes(method: MethodSummary): number {
    const drafts = this.draftsOf(method)
    return method.options.filter((option) => isChanged(option, drafts[option.name]!)).length
  }

  /** Titles of what cannot be used as it was typed. */
  problems(method: MethodSummary): readonly string[] {
    const drafts = this.draftsOf(method)
    const names = method.options.filter((option) => problemOf(option, drafts[option.name]!)).map(({ name }) => name)
    return seedOf(this.seed) === undefined ? [...names, 'seed'] : names
  }

  others(scan: VolumeRef): readonly VolumeRef[] {
    return isSameScan(this.ticked?.scan, scan) ? this.ticked!.others : []
  }

  tick(scan: VolumeRef, other: VolumeRef, isTicked: boolean): void {
    const rest = this.others(scan).filter((one) => !isSameScan(one, other))
    this.ticked = { scan, others: isTicked ? [...rest, other] : rest }
  }

  reference(scan: VolumeRef): Pick | undefined {
    return isSameScan(this.picked?.scan, scan) ? this.picked?.pick : undefined
  }

  setReference(scan: VolumeRef, pick: Pick | undefined): void {
    this.picked = pick && { pick, scan }
  }

  /** What a run is started with; undefined where something cannot be used. */
  request(method: MethodSummary, scan: VolumeRef, hasReference: boolean): Request | undefined {
    const seed = seedOf(this.seed)
    if (seed === undefined || this.problems(method).length) return undefined
    const picked = this.reference(scan)
    const reference = picked ? { pick: picked.pick } : hasReference && this.usesOwnReference ? 'own' : null
    const options = changedValues(method.options, this.draftsOf(method))
    const others = method.adaptsTogether ? this.others(scan) : []
    const request: Request = { method: method.name, options, seed, guard: this.guard, reference }
    return others.length ? { ...request, with: [...others] } : request
  }
}

export const form = new AdaptForm()
