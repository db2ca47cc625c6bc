import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { ModelCard } from '../model/card.ts'

/** One of the eight symmetries of a square slice: mirrored along i or not, then so many quarter turns counter-clockwise. */
export type Symmetry = { readonly mirror: boolean; readonly turns: 0 | 1 | 2 | 3 }

export const identity: Symmetry = { mirror: false, turns: 0 }

/** Which symmetries a method may draw its views from. */
export const symmetries = {
  none: [identity],
  /** Left and right exchanged, in an axial slice. */
  mirror: [identity, { mirror: true, turns: 0 }],
  /** And upside down: every shape of slice, but few networks have seen it. */
  flips: [identity, { mirror: true, turns: 0 }, { mirror: false, turns: 2 }, { mirror: true, turns: 2 }],
  /** With quarter turns: all that a square has. */
  all: [false, true].flatMap((mirror) => ([0, 1, 2, 3] as const).map((turns) => ({ mirror, turns }))),
} as const satisfies Record<string, readonly Symmetry[]>

/** Those of a name that fit the model and slices of this size: a mirror along i is a view only where it runs from left to
 *  right (no network has seen a head upside down), and quarter turns need a square. */
export function allowedSymmetries(
  { card }: { readonly card: ModelCard },
  name: keyof typeof symmetries,
  [ni, nj]: readonly [number, number, ...number[]],
): readonly Symmetry[] {
  if (name === 'mirror' && !mirrorIsLateral(card)) return symmetries.none
  return name === 'all' && ni !== nj ? symmetries.flips : symmetries[name]
}

/** x: [n, j, i, channel]. A quarter turn needs a square slice. Exact; the caller disposes. */
export function applySymmetry(x: Tensor, { mirror, turns }: Symmetry): Tensor {
  return tf.tidy(() => turn(mirror ? tf.reverse(x, 2) : tf.clone(x), turns))
}

/**
 * The inverse of applySymmetry on a network's map [n, j, i, class]: turned back, then mirrored back. `exchange` lists for
 * every class which one it becomes in the mirror (mirroredClasses). Differentiable; the caller disposes.
 */
export function undoSymmetry(x: Tensor, { mirror, turns }: Symmetry, exchange?: readonly number[]): Tensor {
  return tf.tidy(() => {
    const back = turn(x, ((4 - turns) % 4) as Symmetry['turns'])
    if (!mirror) return tf.clone(back)
    const mirrored = tf.reverse(back, 2)
    if (!exchange?.some((to, from) => to !== from)) return mirrored
    // Not tf.gather, whose gradient the wasm engine lacks.
    const classes = tf.split(mirrored, exchange.length, 3)
    return tf.concat(
      exchange.map((from) => classes[from]!),
      3,
    )
  })
}

/** y[j, i] = x[i, last - j] per quarter turn. */
function turn(x: Tensor, turns: Symmetry['turns']): Tensor {
  if (turns === 0) return x
  if (turns === 2) return tf.reverse(x, [1, 2])
  const transposed = (y: Tensor): Tensor => tf.transpose(y, [0, 2, 1, 3])
  return turns === 1 ? transposed(tf.reverse(x, 2)) : tf.reverse(transposed(x), 2)
}

/** Mirroring along i exchanges left and right only where i runs between them. */
export function mirrorIsLateral(card: ModelCard): boolean {
  return 'LR'.includes(card.input.orientation[0]!)
}

/** For each class the one it becomes in a mirror: labels that differ by left and right alone trade places. */
export function mirroredClasses(card: ModelCard): number[] {
  const names = ['', ...card.output.labels.map(({ name }) => name.toLowerCase())]
  if (!mirrorIsLateral(card)) return names.map((_, n) => n)
  const other: Record<string, string> = { left: 'right', right: 'left' }
  return names.map((name, n) => {
    const twin = names.indexOf(name.replace(/\b(left|right)\b/g, (side) => other[side]!))
    return twin < 0 ? n : twin
  })
}
