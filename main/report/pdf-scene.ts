import type { Ink, Mark, Scene } from './scene.ts'
import { latin } from './latin.ts'

const roles: Record<string, string> = { text: '#1c2128', muted: '#5b6570', grid: '#d5dae0' }

export type Placement = {
  readonly x: number
  readonly y: number
  readonly scale: number
  readonly images?: ReadonlyMap<string, PDFKit.Mixins.ImageSrc>
}

/** Draws a scene with its top left corner at (x, y); marks are clipped to its frame, as in SVG. */
export function drawScene(doc: PDFKit.PDFDocument, scene: Scene, { x, y, scale, images }: Placement): void {
  // Text moves the document's own cursor, which belongs to the text around the scene.
  const cursor = { x: doc.x, y: doc.y }
  doc.save().translate(x, y).scale(scale)
  doc.rect(0, 0, scene.width, scene.height).clip()
  for (const mark of scene.marks) {
    doc.save()
    draw(doc, mark, scene.hatchStep, images)
    doc.restore()
  }
  doc.restore()
  Object.assign(doc, cursor)
}

function draw(doc: PDFKit.PDFDocument, mark: Mark, step: number, images: Placement['images']): void {
  if (mark.kind === 'image') {
    const image = images?.get(mark.picture)
    if (image) doc.image(image, mark.x, mark.y, { width: mark.width, height: mark.height })
  } else if (mark.kind === 'text') drawText(doc, mark)
  else if (mark.hatch && mark.fill) hatch(doc, mark.d, mark.hatch, color(mark.fill), step)
  else {
    if (mark.fill)
      doc
        .path(mark.d)
        .fillColor(color(mark.fill), mark.opacity ?? 1)
        .fill('even-odd')
    if (!mark.stroke) return
    if (mark.dash?.length) doc.dash(mark.dash[0]!, { space: mark.dash[1] ?? mark.dash[0]! })
    doc
      .path(mark.d)
      .lineWidth(mark.width ?? 1)
      .lineJoin('round')
      .stroke(color(mark.stroke))
  }
}

function drawText(doc: PDFKit.PDFDocument, mark: Extract<Mark, { kind: 'text' }>): void {
  const text = latin(mark.text)
  doc
    .font(mark.bold ? 'Helvetica-Bold' : 'Helvetica')
    .fontSize(mark.size)
    .fillColor(color(mark.ink))
  const width = doc.widthOfString(text)
  const x = mark.x - { start: 0, middle: width / 2, end: width }[mark.anchor ?? 'start']
  doc.text(text, x, mark.y, { lineBreak: false, baseline: 'alphabetic' })
}

/** Lines at 45 degrees, or dots, within a path. */
function hatch(doc: PDFKit.PDFDocument, d: string, kind: string, ink: string, step: number): void {
  const [left, top, right, bottom] = bounds(d)
  doc.path(d).clip('even-odd')
  if (kind === 'dotted') {
    for (let y = Math.floor(top / step) * step; y < bottom + step; y += step)
      for (let x = Math.floor(left / step) * step; x < right + step; x += step)
        doc.circle(x + step / 2, y + step / 2, step * 0.22)
    doc.fill(ink)
    return
  }
  const height = bottom - top
  // Along a row, lines at 45 degrees stand a root of two further apart than their distance.
  const apart = step * Math.SQRT2
  for (let x = Math.floor((left - height) / apart) * apart; x < right + height; x += apart) {
    if (kind === 'falling') doc.moveTo(x, top).lineTo(x + height, bottom)
    else doc.moveTo(x, bottom).lineTo(x + height, top)
  }
  doc.lineWidth(step * 0.3).stroke(ink)
}

function bounds(d: string): [left: number, top: number, right: number, bottom: number] {
  const numbers = d.match(/-?[\d.]+/g)!.map(Number)
  const every = (offset: number): number[] => numbers.filter((_, index) => index % 2 === offset)
  const [xs, ys] = [every(0), every(1)]
  const least = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b))
  const most = (list: readonly number[]): number => list.reduce((a, b) => Math.max(a, b))
  return [least(xs), least(ys), most(xs), most(ys)]
}

function color(ink: Ink): string {
  return ink.startsWith('#') ? ink : roles[ink]!
}
