import type { Model } from '../model/model.ts'
import type { AlignedStudy } from '../predict/align.ts'
import { predictSlices, predictStudy } from '../predict/predict.ts'
import type { Note } from '../volume/volume.ts'
import { classDepths, isInsideOut } from './contrast.ts'
import { selectSlices } from './correction.ts'
import type { Method, Sibling } from './method.ts'
import { labelsOf, meanDice } from './scores.ts'
import { EpisodeWork } from './work.ts'

/** Another series of the study, on the scan's grid. */
export type SiblingScan = {
  readonly study: AlignedStudy
  /** What notes call it, such as "Series 4". */
  readonly name: string
}

/** What became of another series, on record. */
export type SiblingOutcome = {
  readonly isUsed: boolean
  /** A sentence for the user that begins with the series' name. */
  readonly sentence: string
  /** Mean Dice of the predictions of the two series after their input steps, where both show something. */
  readonly agreement: number | null
}

/** A series that shows less of the scan's slices says nothing of most of it. */
const leastSlices = 0.25
/** The same tissues on the same grid: predictions that agree by less are of another contrast, or of a head that moved. */
const leastAgreement = 0.6

/** Without a sibling it is left out, for the reason. */
type Judged = { readonly sibling?: Sibling; readonly reason: string; readonly agreement?: number }

/**
 * Corrects each other series with input steps of its own (under the source's weights) and takes those into the work that are
 * sound: in view, their contrast not inverted (contrast.ts), and of one mind with the scan under the student as it is now.
 * Others are left out with a note. The student, the correction of the scan itself and the random numbers of its steps stay
 * as they were.
 */
export async function joinSiblings(
  work: EpisodeWork,
  method: Method,
  scans: readonly SiblingScan[],
): Promise<SiblingOutcome[]> {
  if (scans.length === 0) return []
  const { student, input, classes, signal, advance } = work
  const own = await predictSlices(student, input, input.tissueSlices, signal && { signal })
  advance(input.tissueSlices.length)
  const outcomes: SiblingOutcome[] = []
  for (const [n, scan] of scans.entries()) {
    const { sibling, reason, agreement = null } = await judgeSibling(work, method, scan, n, labelsOf(own, classes))
    if (sibling) work.siblings.push(sibling)
    const sentence = `${scan.name} ${sibling ? 'adapts together with the scan' : 'was left out'}: ${reason}.`
    const note: Note = { code: sibling ? 'sibling-joined' : 'sibling-left-out', message: sentence }
    work.note(note)
    outcomes.push({ isUsed: sibling !== undefined, sentence, agreement })
  }
  return outcomes
}

async function judgeSibling(
  work: EpisodeWork,
  method: Method,
  { study }: SiblingScan,
  n: number,
  own: Uint8Array,
): Promise<Judged> {
  const { positions, source, student, classes, signal, advance } = work
  const [ni, nj] = study.volume.shape
  const size = ni * nj
  const shown = positions.flatMap((k, slice) => (study.tissueSlices.includes(k) ? [slice] : []))
  if (shown.length === 0 || shown.length < leastSlices * positions.length)
    return { reason: `it shows ${shown.length} of the ${positions.length} slices that are trained on` }
  const slices = shown.map((slice) => positions[slice]!)
  const scan = selectSlices(study, slices)
  const inside = new Uint8Array(slices.length * size)
  slices.forEach((k, m) => inside.set(study.inside.subarray(k * size, (k + 1) * size), m * size))

  const before = await predictStudy(source, scan, signal && { signal })
  advance(slices.length)
  const inverted = 'its contrast is inverted to what the model knows (T2-weighted?)'
  if (isInverted(source, labelsOf(before.data, classes), ni, nj, classes)) return { reason: inverted }
  const network = source.clone()
  try {
    const other = new EpisodeWork({
      source,
      student: network,
      scan,
      slices: scan.tissueSlices,
      before,
      options: work.options,
      random: work.random.fork(`sibling ${n}`),
      signal,
      traced: false,
      advance,
    })
    let last
    for await (const report of method.correctSibling!(other)) last = report
    if (last?.measures?.['contrast in order'] === 0) return { reason: inverted }
    const corrected = await predictSlices(student, other.input, scan.tissueSlices, signal && { signal })
    advance(slices.length)
    const labels = labelsOf(corrected, classes)
    if (isInverted(source, labels, ni, nj, classes)) return { reason: inverted }
    const same = new Uint8Array(labels.length)
    shown.forEach((slice, m) => same.set(own.subarray(slice * size, (slice + 1) * size), m * size))
    // NaN: neither finds anything.
    const agreement = meanDice(labels, same, classes, inside) || 0
    if (!(agreement >= leastAgreement))
      return {
        reason: `its prediction and the scan's agree by ${agreement.toFixed(2)} only (another contrast, or the head has moved)`,
        agreement,
      }
    return {
      sibling: {
        input: other.input,
        restored: other.restored,
        inside,
        sliceOf: new Map(shown.map((slice, m) => [slice, m])),
      },
      reason: `it shows ${shown.length} of ${positions.length} slices, and the two predictions agree by ${agreement.toFixed(2)}`,
      agreement,
    }
  } finally {
    network.dispose()
  }
}

function isInverted({ card }: Model, labels: Uint8Array, ni: number, nj: number, classes: number): boolean {
  const known = card.source.classDepths
  return known !== undefined && isInsideOut(classDepths(labels, ni, nj, classes), known)
}
