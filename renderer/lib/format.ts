/** Numbers as people read them: units, signs, durations, dates. What is not known reads as a dash. */
import type { Scanner, VolumeSummary } from '../../main/contract/schemas.ts'

const unknown = '–'
const minus = '\u2212'
/** Keeps a number and its unit on one line. */
const space = '\u00a0'

type Maybe = number | null | undefined

function isKnown(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** With so many digits after the point, a real minus sign, and thin gaps between thousands from 10 000 on. */
export function number(value: Maybe, digits = 0): string {
  if (!isKnown(value)) return unknown
  const rounded = Math.abs(value).toFixed(digits)
  const [whole = '', part] = rounded.split('.')
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole
  const sign = value < 0 && Number(rounded) !== 0 ? minus : ''
  return sign + grouped + (part ? `.${part}` : '')
}

/** A volume: two digits below 1 ml, one below 100 ml, none above. */
export function ml(value: Maybe): string {
  return isKnown(value) ? `${number(value, mlDigits(value))}${space}ml` : unknown
}

function mlDigits(value: number): number {
  const size = Math.abs(value)
  return size < 1 ? 2 : size < 100 ? 1 : 0
}

/** A share of one as a percentage. */
export function percent(share: Maybe, digits = 0): string {
  return isKnown(share) ? `${number(share * 100, digits)}${space}%` : unknown
}

/** A change: always with its sign; nothing changed within the digits reads as ±0. */
export function signed(value: Maybe, digits = 1, unit = ''): string {
  if (!isKnown(value)) return unknown
  const text = number(Math.abs(value), digits)
  const sign = Number(Math.abs(value).toFixed(digits)) === 0 ? '±' : value < 0 ? minus : '+'
  return `${sign === '±' ? '±0' : sign + text}${unit ? space + unit : ''}`
}

/** The change from one volume to another, of the first; unknown where there was nothing before. */
export function change(before: Maybe, after: Maybe): string {
  if (!isKnown(before) || !isKnown(after) || before === 0) return unknown
  return signed((after / before - 1) * 100, 1, '%')
}

/** A length of time in its two largest units. */
export function duration(elapsedMs: Maybe): string {
  if (!isKnown(elapsedMs)) return unknown
  if (elapsedMs < 950) return `${Math.round(elapsedMs / 10) * 10}${space}ms`
  if (elapsedMs < 9_950) return `${(elapsedMs / 1000).toFixed(1)}${space}s`
  const seconds = Math.round(elapsedMs / 1000)
  if (seconds < 60) return `${seconds}${space}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}${space}min ${two(seconds % 60)}${space}s`
  return `${Math.floor(minutes / 60)}${space}h ${two(minutes % 60)}${space}min`
}

/** What is left of a job, rounded so that it does not flicker. */
export function remaining(leftMs: Maybe): string {
  if (!isKnown(leftMs)) return ''
  const seconds = Math.max(0, leftMs / 1000)
  if (seconds < 5) return 'a few seconds left'
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5}${space}s left`
  return `about ${Math.ceil(seconds / 60)}${space}min left`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** Decimal units, as file managers show them. */
export function bytes(count: Maybe): string {
  if (!isKnown(count)) return unknown
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${number(value, unit > 0 && value < 9.95 ? 1 : 0)}${space}${units[unit]}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A day, from YYYY-MM-DD or a time stamp: no locale turns day and month round. */
export function day(iso: string | null | undefined): string {
  if (!iso) return unknown
  const [year, month, date] = /^\d{4}-\d{2}-\d{2}$/.test(iso) ? iso.split('-').map(Number) : parts(iso)
  const name = months[(month ?? 0) - 1]
  return name ? `${date} ${name} ${year}` : unknown
}

/** Day and local time of a time stamp. */
export function date(iso: string | null | undefined): string {
  if (!iso || Number.isNaN(Date.parse(iso))) return unknown
  const time = new Date(iso)
  return `${day(iso)}, ${two(time.getHours())}:${two(time.getMinutes())}`
}

function parts(iso: string): readonly number[] {
  const time = new Date(iso)
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()]
}

/** "Philips Achieva, 3 T": what is known of a scanner, or that nothing is. */
export function scannerName(scanner: Scanner | null | undefined): string {
  if (!scanner) return 'Unknown scanner'
  const maker = scanner.manufacturer.replace(/ medical systems$/i, '').trim()
  const model = scanner.model.trim()
  // Many makers repeat their name in the model's.
  const name = model.toLowerCase().startsWith(maker.toLowerCase()) ? model : `${maker} ${model}`.trim()
  const field = scanner.fieldStrength > 0 ? `${Number(scanner.fieldStrength.toPrecision(2))}${space}T` : ''
  return [name || 'Unknown scanner', field].filter(Boolean).join(', ')
}

/** "256 × 256 × 170, 0.94 × 0.94 × 1.00 mm" */
export function gridText({ shape, spacing }: Pick<VolumeSummary, 'shape' | 'spacing'>): string {
  return `${shape.join(' × ')}, ${spacing.map((mm) => number(mm, 2)).join(' × ')}${space}mm`
}

/** "1 file", "12 files" */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`
}
