import { n } from './scene.ts'
import type { Hatch, Ink, Mark, Scene } from './scene.ts'

/** A scene as an inline SVG element. Pictures and hatchings are referred to: `svgDefinitions` has to stand in the same page. */
export function svg(scene: Scene, className: string): string {
  const marks = scene.marks.map((mark) => element(mark, scene.hatchStep)).join('')
  return `<svg class="${className}" viewBox="0 0 ${n(scene.width)} ${n(scene.height)}" role="img" aria-label="${escape(scene.title)}">${marks}</svg>`
}

/** What the scenes of a page refer to: each hatching and each picture once. `pictures` by name: data URI. */
export function svgDefinitions(scenes: readonly Scene[], pictures: ReadonlyMap<string, string>): string {
  const marks = scenes.flatMap((scene) => scene.marks.map((mark) => ({ mark, step: scene.hatchStep })))
  const patterns = new Map<string, string>()
  for (const { mark, step } of marks)
    if (mark.kind === 'path' && mark.hatch && mark.fill)
      patterns.set(hatchId(mark.hatch, mark.fill, step), pattern(mark.hatch, mark.fill, step))
  const images = [...pictures].map(
    ([name, uri]) => `<image id="${name}" width="1" height="1" preserveAspectRatio="none" href="${uri}"/>`,
  )
  return `<svg class="definitions" aria-hidden="true"><defs>${[...patterns.values(), ...images].join('')}</defs></svg>`
}

export function escape(text: string): string {
  const codes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (character) => codes[character]!)
}

function element(mark: Mark, step: number): string {
  if (mark.kind === 'image')
    return `<use href="#${mark.picture}" transform="translate(${n(mark.x)} ${n(mark.y)}) scale(${n(mark.width)} ${n(mark.height)})"/>`
  if (mark.kind === 'text') {
    const anchor = mark.anchor && mark.anchor !== 'start' ? ` text-anchor="${mark.anchor}"` : ''
    const weight = mark.bold ? ' font-weight="600"' : ''
    return `<text x="${n(mark.x)}" y="${n(mark.y)}" font-size="${n(mark.size)}"${anchor}${weight}${ink('fill', mark.ink)}>${escape(mark.text)}</text>`
  }
  const fill =
    mark.hatch && mark.fill
      ? ` fill="url(#${hatchId(mark.hatch, mark.fill, step)})"`
      : mark.fill
        ? ink('fill', mark.fill)
        : ' fill="none"'
  const stroke = mark.stroke
    ? `${ink('stroke', mark.stroke)} stroke-width="${n(mark.width ?? 1)}" stroke-linejoin="round"`
    : ''
  const dash = mark.dash?.length ? ` stroke-dasharray="${mark.dash.join(' ')}"` : ''
  const opacity = mark.opacity === undefined ? '' : ` fill-opacity="${mark.opacity}"`
  return `<path d="${mark.d}" fill-rule="evenodd"${fill}${stroke}${dash}${opacity}/>`
}

function ink(attribute: 'fill' | 'stroke', value: Ink): string {
  return value.startsWith('#') ? ` ${attribute}="${value}"` : ` class="${attribute}-${value}"`
}

function hatchId(hatch: Hatch, color: Ink, step: number): string {
  return `${hatch}-${color.slice(1)}-${step}`
}

function pattern(hatch: Hatch, color: Ink, step: number): string {
  const width = n(step * 0.3)
  const inside =
    hatch === 'dotted'
      ? `<circle cx="${n(step / 2)}" cy="${n(step / 2)}" r="${n(step * 0.22)}" fill="${color}"/>`
      : `<path d="M0 0V${n(step)}" stroke="${color}" stroke-width="${n(2 * Number(width))}"/>`
  const turn = { rising: ' patternTransform="rotate(45)"', falling: ' patternTransform="rotate(-45)"', dotted: '' }[
    hatch
  ]
  return `<pattern id="${hatchId(hatch, color, step)}" width="${n(step)}" height="${n(step)}" patternUnits="userSpaceOnUse"${turn}>${inside}</pattern>`
}
