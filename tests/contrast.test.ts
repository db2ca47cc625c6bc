import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** The tokens of both themes, as they are written. */
const css = readFileSync(new URL('../renderer/app.css', import.meta.url), 'utf8')

function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(selector))
  const body = block.slice(block.indexOf('{'), block.indexOf('}'))
  return Object.fromEntries(
    [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,6});/g)].map(([, name, value]) => [name!, value!]),
  )
}
const dark = tokens(':root,\n')
const themes = { dark, light: { ...dark, ...tokens(":root[data-theme='light']") } }

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const full = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join('') : hex.slice(1)
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const value = parseInt(full.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

const surfaces = ['bg', 'surface', 'surface-raised']
const text: readonly (readonly [string, readonly string[]])[] = [
  ['text', [...surfaces, 'surface-hover']],
  ['text-muted', [...surfaces, 'surface-hover']],
  ['accent', [...surfaces, 'accent-soft']],
  ['on-accent', ['accent', 'accent-strong']],
  ['good', [...surfaces, 'good-soft']],
  ['warn', [...surfaces, 'warn-soft']],
  ['bad', [...surfaces, 'bad-soft']],
  ['before', surfaces],
  ['after', surfaces],
  ['kept', surfaces],
]
const graphics: readonly (readonly [string, readonly string[]])[] = [
  ['line-strong', surfaces],
  ['focus', [...surfaces, 'accent']],
]

describe.each(Object.entries(themes))('the %s theme', (name, theme) => {
  it.each(text.flatMap(([fore, backs]) => backs.map((back) => [fore, back] as const)))(
    'has %s on %s as text (4.5)',
    (fore, back) => expect(contrast(theme[fore]!, theme[back]!)).toBeGreaterThanOrEqual(4.5),
  )

  // The focus ring has a gap of the surface around the control, so it need not stand out from the accent in light.
  it.each(
    graphics.flatMap(([fore, backs]) =>
      backs.filter((back) => back !== 'accent' || name === 'dark').map((back) => [fore, back] as const),
    ),
  )('has %s on %s as a line (3)', (fore, back) =>
    expect(contrast(theme[fore]!, theme[back]!)).toBeGreaterThanOrEqual(
      fore === 'focus' && back === 'accent' ? 1.2 : 3,
    ),
  )
})

it('computes contrast as WCAG does', () => {
  expect(contrast('#fff', '#000')).toBe(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})
