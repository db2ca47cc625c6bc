/** Instances to series, and their frames to volumes: one for everything that differs but where it lies. */
import type { Note, Vector } from '../volume/volume.ts'
import { type Placed, type Stack, along, normalOf, samePlaceMm, stack } from './geometry.ts'
import type { Content, Frame, Instance } from './instance.ts'

export type Series = {
  readonly seriesUid: string
  readonly instances: readonly Instance[]
  readonly volumes: readonly VolumePlan[]
  readonly problems: readonly string[]
}

/** A volume that can be loaded: its frames by k, and where they lie. */
export type VolumePlan = Exclude<Stack, { problem: string }> & { readonly kind: string; readonly content: Content }

function groupBy<T, K>(values: Iterable<T>, key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const value of values) {
    const group = groups.get(key(value))
    if (group) group.push(value)
    else groups.set(key(value), [value])
  }
  return groups
}

/** Series in the order of their numbers. */
export function collectSeries(instances: readonly Instance[]): Series[] {
  const groups = groupBy(instances, (instance) => `${instance.studyUid} ${instance.seriesUid}`)
  return [...groups.values()]
    .map(planSeries)
    .sort(
      (a, b) =>
        a.instances[0]!.studyUid.localeCompare(b.instances[0]!.studyUid) ||
        (a.instances[0]!.seriesNumber ?? 0) - (b.instances[0]!.seriesNumber ?? 0) ||
        a.seriesUid.localeCompare(b.seriesUid),
    )
}

function planSeries(all: readonly Instance[]): Series {
  const problems = new Set<string>()
  const instances = withoutCopies(all, problems)
  const frames = instances.flatMap((instance) => instance.frames)
  const placed = frames.filter((frame): frame is Placed => frame.plane !== undefined)
  if (placed.length < frames.length)
    problems.add(`${count(frames.length - placed.length, 'picture')} without a position in space: no part of a volume`)
  const volumes: VolumePlan[] = []
  for (const group of splitByPlane(placed).flatMap(splitByContent)) {
    const notes: Note[] = []
    for (const frames of separateRepeats(group, notes)) {
      const result = stack(frames)
      if ('problem' in result) problems.add(result.problem)
      else
        volumes.push({
          ...result,
          notes: [...notes, ...result.notes],
          kind: kindOf(frames[0]!),
          content: frames[0]!.content,
        })
    }
    for (const note of notes) problems.add(note.message)
  }
  return { seriesUid: all[0]!.seriesUid, instances, volumes, problems: [...problems] }
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** The same instance twice (a copied folder): one is enough. Files are taken in the order of their names, so the choice is stable. */
function withoutCopies(instances: readonly Instance[], problems: Set<string>): Instance[] {
  const sorted = [...instances].sort((a, b) => a.instanceNumber - b.instanceNumber || (a.file < b.file ? -1 : 1))
  const seen = new Set<string>()
  const kept = sorted.filter(({ sopInstanceUid }) => {
    if (sopInstanceUid && seen.has(sopInstanceUid)) return false
    seen.add(sopInstanceUid)
    return true
  })
  if (kept.length < sorted.length)
    problems.add(`${count(sorted.length - kept.length, 'file')} left out: the same instance is there twice`)
  return kept
}

/** Parallel frames of one matrix and pixel size. Directions agree to 0.1 degree, since some scanners round them by slice. */
function splitByPlane(frames: readonly Placed[]): Placed[][] {
  const groups: Placed[][] = []
  for (const frame of frames) {
    const { row, column, spacing } = frame.plane
    const group = groups.find((group) => {
      const { rows, columns, plane } = group[0]!
      const isSameSize = rows === frame.rows && columns === frame.columns
      const isSameSpacing = Math.hypot(plane.spacing[0] - spacing[0], plane.spacing[1] - spacing[1]) < 1e-4
      return isSameSize && isSameSpacing && isClose(plane.row, row) && isClose(plane.column, column)
    })
    if (group) group.push(frame)
    else groups.push([frame])
  }
  return groups
}

const isClose = (a: Vector, b: Vector): boolean => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < 2e-3

/** What always tells volumes apart, even where their slices do not overlap. */
const always: readonly (keyof Content)[] = ['component', 'echo', 'inversionTime']
/** What tells them apart only where slices repeat, in this order: some scanners write these differently in each slice of one volume. */
const whereRepeated: readonly (keyof Content)[] = ['imageType', 'stack', 'bValue', 'gradient', 'temporal', 'trigger', 'acquisition'] // prettier-ignore

function splitByContent(frames: readonly Placed[]): Placed[][] {
  let groups = [...groupBy(frames, ({ content }) => always.map((key) => content[key]).join('|')).values()]
  for (const key of whereRepeated)
    groups = groups.flatMap((group) => {
      if (repeats(group) === 0) return [group]
      const parts = [...groupBy(group, ({ content }) => content[key]).values()]
      const isExplained = parts.length > 1 && parts.reduce((sum, part) => sum + repeats(part), 0) < repeats(group)
      return isExplained && parts.every((part) => part.length > 1 || group.length === parts.length) ? parts : [group]
    })
  return groups
}

function places(frames: readonly Placed[]): Placed[][] {
  const normal = normalOf(frames[0]!.plane)
  const sorted = [...frames].sort((a, b) => along(a.plane, normal) - along(b.plane, normal))
  const groups: Placed[][] = []
  for (const frame of sorted) {
    const last = groups.at(-1)
    if (last && along(frame.plane, normal) - along(last[0]!.plane, normal) < samePlaceMm * 10) last.push(frame)
    else groups.push([frame])
  }
  return groups
}

const repeats = (frames: readonly Placed[]): number => frames.length - places(frames).length

/** Frames that repeat at every place are several volumes, in the order of time; an odd one at some place is left out, with a note. */
function separateRepeats(frames: readonly Placed[], notes: Note[]): Placed[][] {
  const stacks = places(frames)
  const inOrder = (a: Frame, b: Frame): number =>
    a.content.time.localeCompare(b.content.time) ||
    a.instance.instanceNumber - b.instance.instanceNumber ||
    a.index - b.index
  for (const place of stacks) place.sort(inOrder)
  const most = Math.max(...stacks.map((place) => place.length))
  if (most === 1) return [stacks.flat()]
  const complete = Math.min(...stacks.map((place) => place.length))
  const odd = frames.length - complete * stacks.length
  if (odd > 0)
    notes.push({
      code: 'repeated-slices',
      message: `${count(odd, 'slice')} left out: another lies at the same place, and no whole volume is left.`,
    })
  return Array.from({ length: complete }, (_, n) => stacks.map((place) => place[n]!))
}

function kindOf(frame: Placed): string {
  const { modality } = frame.instance
  if (modality === 'MR') return frame.content.component || 'magnitude'
  return modality === 'CT' ? 'ct' : modality.toLowerCase() || 'image'
}
