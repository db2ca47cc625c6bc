import type { Shape } from './volume.ts'

export type Components = {
  /** 0 outside the mask, else the component's number from 1, in the order of their first voxels. */
  readonly labels: Int32Array
  /** Voxels by component number; sizes[0] is 0. */
  readonly sizes: readonly number[]
}

/** Runs of mask voxels along i, with a union-find parent each. */
type Runs = {
  readonly begin: number[]
  readonly end: number[]
  readonly parent: number[]
  readonly firstOfRow: Int32Array
}

function find(parent: number[], run: number): number {
  while (parent[run] !== run) run = parent[run] = parent[parent[run]!]!
  return run
}

function join(parent: number[], a: number, b: number): void {
  const [first, second] = [find(parent, a), find(parent, b)]
  if (first < second) parent[second] = first
  else parent[first] = second
}

function findRuns(mask: Uint8Array, [ni, nj, nk]: Shape): Runs {
  const runs: Runs = { begin: [], end: [], parent: [], firstOfRow: new Int32Array(nj * nk + 1) }
  for (let row = 0; row < nj * nk; row++) {
    runs.firstOfRow[row] = runs.begin.length
    for (let i = 0, at = row * ni; i < ni; i++) {
      if (!mask[at + i]) continue
      const begin = i
      while (i < ni && mask[at + i]) i++
      runs.parent.push(runs.begin.length)
      runs.begin.push(begin)
      runs.end.push(i)
    }
  }
  runs.firstOfRow[nj * nk] = runs.begin.length
  return runs
}

/** Joins the runs of two rows that touch; `reach` 1 counts diagonal neighbours along i too. */
function joinRows({ begin, end, parent, firstOfRow }: Runs, rowA: number, rowB: number, reach: 0 | 1): void {
  let a = firstOfRow[rowA]!
  let b = firstOfRow[rowB]!
  const [lastA, lastB] = [firstOfRow[rowA + 1]!, firstOfRow[rowB + 1]!]
  while (a < lastA && b < lastB) {
    if (begin[a]! < end[b]! + reach && begin[b]! < end[a]! + reach) join(parent, a, b)
    if (end[a]! < end[b]!) a++
    else b++
  }
}

/**
 * Connected components of the voxels that are not 0, by faces (6) or by faces, edges and corners (26).
 * Union-find over runs along i, so the time grows with the rows, not with the voxels.
 */
export function components(mask: Uint8Array, shape: Shape, connectivity: 6 | 26): Components {
  const [ni, nj, nk] = shape
  const runs = findRuns(mask, shape)
  const reach = connectivity === 26 ? 1 : 0
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) {
      const row = j + nj * k
      if (j > 0) joinRows(runs, row, row - 1, reach)
      if (k === 0) continue
      joinRows(runs, row, row - nj, reach)
      if (reach && j > 0) joinRows(runs, row, row - nj - 1, 1)
      if (reach && j + 1 < nj) joinRows(runs, row, row - nj + 1, 1)
    }
  const labels = new Int32Array(mask.length)
  const sizes = [0]
  const numbers = new Int32Array(runs.begin.length)
  for (let row = 0; row < nj * nk; row++)
    for (let run = runs.firstOfRow[row]!; run < runs.firstOfRow[row + 1]!; run++) {
      const root = find(runs.parent, run)
      if (numbers[root] === 0) numbers[root] = sizes.push(0) - 1
      const number = numbers[root]!
      labels.fill(number, row * ni + runs.begin[run]!, row * ni + runs.end[run]!)
      sizes[number]! += runs.end[run]! - runs.begin[run]!
    }
  return { labels, sizes }
}

/** The voxels of the largest component, as 0 and 1; of equally large ones the first. An empty mask stays empty. */
export function largestComponent(mask: Uint8Array, shape: Shape, connectivity: 6 | 26 = 6): Uint8Array {
  const { labels, sizes } = components(mask, shape, connectivity)
  const largest = sizes.reduce((best, size, number) => (size > sizes[best]! ? number : best), 0)
  const out = new Uint8Array(mask.length)
  if (largest > 0) for (let n = 0; n < out.length; n++) out[n] = labels[n] === largest ? 1 : 0
  return out
}
