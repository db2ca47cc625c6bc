/** Numbers as a reader expects them: a true minus, a sign where it is a change, a dash where there is none. */
export const none = '\u2013'

export function number(value: number | null, digits: number): string {
  if (value === null) return none
  return value
    .toFixed(digits)
    .replace(/^-(?=0(\.0*)?$)/, '')
    .replace('-', '\u2212')
}

export function change(value: number | null, digits: number, unit: string): string {
  if (value === null) return none
  const text = number(value, digits)
  const isZero = !/[1-9]/.test(text)
  return `${isZero || value < 0 ? '' : '+'}${text}${unit}`
}

export function milliseconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** 2026-11-23T21:03:07.123Z as "2026-11-23 21:03 UTC". */
export function date(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
