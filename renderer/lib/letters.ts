/** Orientation letters from directions in LPS millimetres. */
import type { Vector } from './planes.ts'

const towards = ['L', 'P', 'S'] as const
const away = ['R', 'A', 'I'] as const

/** A second letter is shown from this share on: 10 degrees off an axis. */
const oblique = Math.sin((10 * Math.PI) / 180)

/** One letter for a direction along a patient axis, two by weight where it is oblique: "AL" is more anterior than left. */
export function letterOf(direction: Vector): string {
  const size = Math.hypot(...direction)
  return direction
    .map((value, axis) => ({ share: Math.abs(value) / size, letter: (value > 0 ? towards : away)[axis]! }))
    .filter(({ share }) => share > oblique)
    .sort((a, b) => b.share - a.share)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join('')
}
