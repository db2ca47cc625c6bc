/** Which runs a reader wants to see, and in which order. */
import type { RunState, RunSummary, Verdict } from '../../main/contract/schemas.ts'
import { scannerName } from '../lib/format.ts'

export type Column = 'created' | 'scanner' | 'model' | 'method' | 'verdict' | 'change'
export type Sort = { readonly column: Column; readonly isDescending: boolean }
export type Filter = 'all' | 'kept' | 'not-kept' | 'unfinished' | 'segmentation'

/** The largest change of a label's volume, kept against before, as a share; null where there was nothing before. */
export function largestChange({ volumes }: Pick<RunSummary, 'volumes'>): { label: string; share: number } | null {
  const changes = Object.entries(volumes)
    .filter(([, { before }]) => before > 0)
    .map(([label, { before, kept }]) => ({ label, share: kept / before - 1 }))
  return changes.sort((a, b) => Math.abs(b.share) - Math.abs(a.share))[0] ?? null
}

export function matches(run: RunSummary, filter: Filter, wanted: string): boolean {
  const text = [run.id, run.model, run.method, scannerName(run.scanner), run.sentence, run.state]
    .join(' ')
    .toLowerCase()
  return (
    isOf(run, filter) &&
    wanted
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word))
  )
}

function isOf({ state, kept, method }: RunSummary, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true
    case 'segmentation':
      return method === 'source'
    case 'unfinished':
      return state !== 'done'
    case 'kept':
      return state === 'done' && kept !== 'source'
    case 'not-kept':
      return state === 'done' && kept === 'source' && method !== 'source'
  }
}

const verdicts: readonly Verdict[] = ['accepted', 'overruled', 'not-needed', 'rolled-back', 'off']
const states: readonly RunState[] = ['running', 'done', 'cancelled', 'interrupted', 'failed']

export function sorted(runs: readonly RunSummary[], { column, isDescending }: Sort): readonly RunSummary[] {
  const way = isDescending ? -1 : 1
  return runs.toSorted((a, b) => way * compare(a, b, column) || b.created.localeCompare(a.created))
}

function compare(a: RunSummary, b: RunSummary, column: Column): number {
  switch (column) {
    case 'scanner':
      return scannerName(a.scanner).localeCompare(scannerName(b.scanner))
    case 'change':
      return sizeOf(a) - sizeOf(b)
    case 'verdict':
      return (
        states.indexOf(a.state) - states.indexOf(b.state) || verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict)
      )
    default:
      return a[column].localeCompare(b[column])
  }
}

/** Runs without a change to tell come after all others. */
function sizeOf(run: RunSummary): number {
  const change = largestChange(run)
  return change ? Math.abs(change.share) : -1
}
