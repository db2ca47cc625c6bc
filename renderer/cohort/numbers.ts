/** Figures of a cohort's tables, as people read and type them. */
import { number, signed } from '../lib/format.ts'

type Maybe = number | null | undefined

/** What was typed, with point or comma; undefined where it is no number above 0. */
export function positiveNumber(typed: string): number | undefined {
  const value = typed.trim() === '' ? NaN : Number(typed.trim().replace(',', '.'))
  return Number.isFinite(value) && value > 0 ? value : undefined
}

/** Never "p = 0": "< 0.001", "0.004", "0.32". */
export function pText(p: Maybe): string {
  if (typeof p !== 'number') return '–'
  if (p < 0.001) return '< 0.001'
  return number(p, p < 0.1 ? 3 : 2)
}

/** "+0.02 to +0.13" */
export function intervalText(interval: readonly [number, number] | null | undefined, digits = 3): string {
  return interval ? `${signed(interval[0], digits)} to ${signed(interval[1], digits)}` : '–'
}
