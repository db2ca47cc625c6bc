/** A drawing that svg.ts and pdf.ts both know how to make: so a figure is the same on screen and on paper. */
export type Scene = {
  readonly width: number
  readonly height: number
  /** What the figure shows, for those who can't see it. */
  readonly title: string
  /** Distance of hatching lines, in the scene's units. */
  readonly hatchStep: number
  readonly marks: readonly Mark[]
}

/** A colour, or a role that follows the light or dark page. */
export type Ink = `#${string}` | 'text' | 'muted' | 'grid'

export type Mark =
  | {
      readonly kind: 'path'
      /** SVG path data: absolute M, L and Z only. */
      readonly d: string
      readonly stroke?: Ink
      readonly width?: number
      readonly dash?: readonly number[]
      readonly fill?: Ink
      readonly opacity?: number
      /** Fill with lines that rise or fall to the right, or with dots, instead of flatly. */
      readonly hatch?: Hatch
    }
  | {
      readonly kind: 'text'
      readonly x: number
      /** The baseline. */
      readonly y: number
      readonly text: string
      readonly size: number
      readonly ink: Ink
      readonly anchor?: 'start' | 'middle' | 'end'
      readonly bold?: boolean
    }
  | {
      readonly kind: 'image'
      /** Which of the report's pictures. */
      readonly picture: string
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
    }

export type Hatch = 'rising' | 'falling' | 'dotted'

/** Colours that people with any colour vision tell apart (Okabe and Ito, 2008), by what they stand for in all figures. */
export const colors = {
  before: '#0072B2',
  after: '#E69F00',
  lost: '#56B4E9',
  gained: '#E69F00',
  changed: '#CC79A7',
  good: '#009E73',
  bad: '#D55E00',
} as const

export function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${n(x)} ${n(y)}L${n(x + width)} ${n(y)}L${n(x + width)} ${n(y + height)}L${n(x)} ${n(y + height)}Z`
}

export function polyline(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${n(x)} ${n(y)}`).join('')
}

/** Two decimals at most: enough for mm and points, and the same text on every machine. */
export function n(value: number): string {
  const text = value.toFixed(2)
  return text.includes('.') ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text
}
