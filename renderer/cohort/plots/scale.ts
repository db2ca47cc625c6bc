/** Axes: bounds and marks at round numbers, and where a value lies between two edges. */

export type Scale = {
  readonly low: number
  readonly high: number
  readonly marks: readonly number[]
  /** Digits after the point that tell the marks apart. */
  readonly digits: number
}

/**
 * Round bounds around the values with about four steps. A constant gets room on both sides; no value gives 0 to 1. `most`:
 * what no value exceeds, such as a Dice of 1; no mark does, either.
 */
export function scaleOf(values: readonly number[], most = Infinity): Scale {
  const known = values.filter(Number.isFinite)
  let low = known.length ? known.reduce((a, b) => Math.min(a, b)) : 0
  let high = known.length ? known.reduce((a, b) => Math.max(a, b)) : 1
  const room = 0.02 * Math.max(Math.abs(low), Math.abs(high), 1e-3)
  if (high - low < room) [low, high] = [low - room, Math.min(most, high + room)]
  const raw = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999)! * power
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  const marks = Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12))).filter(
    (mark) => mark <= most,
  )
  return { low: marks[0]!, high: marks.at(-1)!, marks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) }
}

/** From a value to its place between the pixel of the low bound and that of the high one. */
export function placer({ low, high }: Scale, from: number, to: number): (value: number) => number {
  return (value) => from + ((to - from) * (value - low)) / (high - low)
}

/** At most so many, evenly over the order given: what a picture can show without becoming a smear. */
export function thinned<T>(values: readonly T[], most: number): readonly T[] {
  if (values.length <= most) return values
  return Array.from({ length: most }, (_, n) => values[Math.floor((n * values.length) / most)]!)
}
