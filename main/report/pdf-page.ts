import { latin } from './latin.ts'
import { drawScene } from './pdf-scene.ts'
import type { Scene } from './scene.ts'
import type { Fact, Table } from './sections.ts'

export type Document = PDFKit.PDFDocument

/** A4 in points. */
export const page = { width: 595.28, height: 841.89, margin: 48, foot: 46 }
export const inner = page.width - 2 * page.margin
export const ink = { text: '#1c2128', muted: '#5b6570', grid: '#d5dae0', card: '#f5f7f9' }
export const fonts = { normal: 'Helvetica', bold: 'Helvetica-Bold', mono: 'Courier' }

/** `below`: points that must fit below the heading on the same page. */
export function heading(doc: Document, text: string, below = 70): void {
  room(doc, below + 30)
  doc.y += 16
  words(doc, text, { size: 13, font: fonts.bold })
  doc.y += 5
}

/** A new page where `height` points do not fit any more; whether there was one. */
export function room(doc: Document, height: number): boolean {
  if (doc.y + height <= page.height - page.margin - page.foot / 2) return false
  doc.addPage()
  doc.x = page.margin
  doc.y = page.margin
  return true
}

export function words(doc: Document, text: string, style: { size: number; font?: string; color?: string }): void {
  doc
    .font(style.font ?? fonts.normal)
    .fontSize(style.size)
    .fillColor(style.color ?? ink.text)
  doc.text(latin(text), page.margin, doc.y, { width: inner })
}

export function scene(doc: Document, drawing: Scene, width: number): void {
  const height = (drawing.height * width) / drawing.width
  room(doc, height)
  drawScene(doc, drawing, { x: page.margin, y: doc.y, scale: width / drawing.width })
  doc.y += height + 10
}

/** `shares`: widths of the columns among themselves. */
export function table(doc: Document, { header, rows, numbers, hasTotal }: Table, shares: readonly number[]): void {
  const total = shares.reduce((sum, share) => sum + share, 0)
  const widths = shares.map((share) => (inner * share) / total)
  const row = (cells: readonly string[], font: string, color: string, size: number): void => {
    doc.font(font).fontSize(size)
    const height = Math.max(...cells.map((cell, n) => doc.heightOfString(latin(cell), { width: widths[n]! - 10 }))) + 7
    room(doc, height)
    const y = doc.y
    let x = page.margin
    cells.forEach((cell, n) => {
      const align = numbers.includes(n) ? 'right' : 'left'
      doc
        .font(font)
        .fontSize(size)
        .fillColor(color)
        .text(latin(cell), x, y + 3, { width: widths[n]! - 10, align })
      x += widths[n]!
    })
    doc
      .moveTo(page.margin, y + height)
      .lineTo(page.margin + inner, y + height)
      .lineWidth(0.5)
      .stroke(ink.grid)
    doc.x = page.margin
    doc.y = y + height
  }
  row(header, fonts.normal, ink.muted, 8)
  for (const cells of rows) row(cells, hasTotal && cells === rows.at(-1) ? fonts.bold : fonts.normal, ink.text, 9)
  doc.y += 6
}

export function factTable(doc: Document, name: string, facts: readonly Fact[]): void {
  room(doc, 46)
  doc.y += 6
  words(doc, name, { size: 10, font: fonts.bold })
  doc.y += 3
  const nameWidth = 130
  for (const fact of facts) {
    const [font, size] = fact.mono ? [fonts.mono, 8] : [fonts.normal, 9]
    const width = inner - nameWidth
    const height =
      Math.max(
        doc.font(font).fontSize(size).heightOfString(latin(fact.value), { width }),
        doc
          .font(fonts.normal)
          .fontSize(9)
          .heightOfString(latin(fact.name), { width: nameWidth - 10 }),
      ) + 5
    room(doc, height)
    const y = doc.y
    doc
      .font(fonts.normal)
      .fontSize(9)
      .fillColor(ink.muted)
      .text(latin(fact.name), page.margin, y + 2, { width: nameWidth - 10 })
    doc
      .font(font)
      .fontSize(size)
      .fillColor(ink.text)
      .text(latin(fact.value), page.margin + nameWidth, y + 2, { width })
    doc
      .moveTo(page.margin, y + height)
      .lineTo(page.margin + inner, y + height)
      .lineWidth(0.4)
      .stroke(ink.grid)
    doc.x = page.margin
    doc.y = y + height
  }
}

export function feet(doc: Document, notice: string, id: string): void {
  const { count } = doc.bufferedPageRange()
  for (let n = 0; n < count; n++) {
    doc.switchToPage(n)
    // Below the margin text would start a new page.
    doc.page.margins.bottom = 0
    const y = page.height - page.foot
    doc.font(fonts.normal).fontSize(7.5).fillColor(ink.muted)
    doc.text(latin(`${notice}  Run ${id}`), page.margin, y, { width: inner - 60, lineBreak: false })
    doc.text(`${n + 1} / ${count}`, page.margin, y, { width: inner, align: 'right', lineBreak: false })
  }
}
