import { describe, expect, it } from 'vitest'
import type { Kept, RunDetail } from '../../main/contract/schemas.ts'
import { CallError } from './client.ts'
import { RunMasks, masksOf } from './run-masks.ts'
import type { Mask, MaskOf } from './scan.ts'

function runOf(kept: Kept, more: Partial<RunDetail> = {}): RunDetail {
  const volumes = { Grey: { before: 1, after: 1, kept: 1 } }
  return { id: 'a', state: 'done', kept, masks: [4, 5], volumes, ...more } as RunDetail
}

/** Holds masks as the workspace does, and writes down what it had to fetch. */
function store(lacks: readonly MaskOf[] = []) {
  const [fetched, told, here]: [MaskOf[], string[], Set<MaskOf>] = [[], [], new Set()]
  return {
    fetched,
    told,
    here,
    async mask(of: MaskOf): Promise<Mask> {
      if (!here.has(of)) fetched.push(of)
      await Promise.resolve()
      if (lacks.includes(of)) throw new CallError({ code: 'not-there', message: `No ${of}.`, remedy: '' })
      here.add(of)
      return { of } as Mask
    },
    tell: (_kind: string, message: string) => void told.push(message),
  }
}

describe('RunMasks', () => {
  it('fetches what is kept again after each decision, one that goes back to an earlier one too', async () => {
    const workspace = store()
    const masks = new RunMasks(workspace)
    for (const kept of [5, 4, 5] as const) {
      workspace.here.delete('kept')
      await masks.load(runOf(kept), null)
    }
    expect(workspace.fetched.filter((of) => of === 'kept')).toHaveLength(3)
    expect(workspace.fetched.filter((of) => of === 'before')).toHaveLength(1)
  })

  it('asks once for what is on its way', async () => {
    const workspace = store()
    const masks = new RunMasks(workspace)
    await Promise.all([masks.load(runOf(5), 4), masks.load(runOf(5), 4)])
    expect(workspace.fetched.toSorted()).toEqual([4, 'after', 'before', 'kept'])
  })

  it('tells once what a finished run lacks, and asks again once a mask appeared', async () => {
    const workspace = store(['after'])
    const masks = new RunMasks(workspace)
    await masks.load(runOf(5), null)
    await masks.load(runOf(5), null)
    expect(workspace.told).toEqual(['No after.'])
    masks.forget('a')
    await masks.load(runOf(5), null)
    expect(workspace.fetched.filter((of) => of === 'after')).toHaveLength(2)
  })

  it('asks of a run at work for what it can have by now', () => {
    expect(masksOf(runOf('source', { state: 'running' }), 5)).toEqual(['before', 5])
    expect(masksOf(runOf('source', { state: 'running' }), 6)).toEqual(['before'])
  })
})
