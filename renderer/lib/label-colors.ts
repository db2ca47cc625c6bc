/** Colours of labels: the file's own where it has them, else a list that the colour-blind can tell apart. */
import type { Label } from '../../main/contract/schemas.ts'
import type { LabelColors } from './mask-canvas.ts'

/** Okabe and Ito, Color Universal Design, 2008. */
const list = ['#E69F00', '#56B4E9', '#009E73', '#F0E442', '#0072B2', '#D55E00', '#CC79A7'] as const

export function colorOf(label: Label): string {
  return /^#[0-9a-f]{6}$/i.test(label.color) ? label.color : list[(label.value - 1) % list.length]!
}

/** By value; hidden labels have none. With one alone, all others are hidden. */
export function colorsOf(labels: readonly Label[], hidden: readonly number[], solo: number | null): LabelColors {
  const colors: (string | null)[] = [null]
  for (const label of labels) {
    const isShown = solo === null ? !hidden.includes(label.value) : label.value === solo
    if (label.value > 0) colors[label.value] = isShown ? colorOf(label) : null
  }
  return Array.from(colors, (color) => color ?? null)
}
