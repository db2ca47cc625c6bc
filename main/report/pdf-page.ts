import PDFDocument from 'pdfkit'
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

/** An empty document; `finish` ends it and returns its bytes. Without a date the epoch stands for it, as in reproducible builds. */
export function newDocument(title: string, date?: Date): { doc: Document; finish: () => Promise<Uint8Array> } {
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: page.margin, left: page.margin, right: page.margin, bottom: page.margin },
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: title,
      Creator: 'Scanbridge',
      Producer: 'Scanbridge',
      // pdfkit would write the present, so that no two reports were the same.
      CreationDate: date ?? new Date(0),
      ...(date && { ModDate: date }),
    },
  })
  const chunks: Uint8Array[] = []
  const finished = new Promise<void>((resolve, reject) => doc.on('end', resolve).on('error', reject))
  doc.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  return {
    doc,
    finish: async () => {
      doc.end()
      await finished
      return concatenated(chunks)
    },
  }
}

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

/** Points that a row asks for: rows without a name of their own stay with the one that has it, if that is not for long. */
export function rowRoom(rows: Table['rows'], n: number, size: number): number {
  const after = rows.slice(n + 1)
  const next = after.findIndex(([name]) => name !== '')
  const blank = next < 0 ? after.length : next
  return Math.min(140, (blank + 1) * 3.4 * size)
}

/** `shares`: widths of the columns among themselves. The header stands again on each page. */
export function table(
  doc: Document,
  { header, rows, numbers, hasTotal }: Table,
  shares: readonly number[],
  size = 9,
): void {
  const total = shares.reduce((sum, share) => sum + share, 0)
  const widths = shares.map((share) => (inner * share) / total)
  const gap = size < 9 ? 6 : 10
  const row = (cells: readonly string[], font: string, color: string, textSize: number): void => {
    doc.font(font).fontSize(textSize)
    const height = Math.max(...cells.map((cell, n) => doc.heightOfString(latin(cell), { width: widths[n]! - gap }))) + 7
    if (room(doc, height) && cells !== header) head()
    const y = doc.y
    let x = page.margin
    cells.forEach((cell, n) => {
      const align = numbers.includes(n) ? 'right' : 'left'
      doc
        .font(font)
        .fontSize(textSize)
        .fillColor(color)
        .text(latin(cell), x, y + 3, { width: widths[n]! - gap, align })
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
  const head = (): void => row(header, fonts.normal, ink.muted, size - 1)
  head()
  rows.forEach((cells, n) => {
    if (cells[0] !== '' && rows[n + 1]?.[0] === '' && room(doc, rowRoom(rows, n, size))) head()
    row(cells, hasTotal && n === rows.length - 1 ? fonts.bold : fonts.normal, ink.text, size)
  })
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

/** `text` at the foot of every page, with its number. */
export function feet(doc: Document, text: string): void {
  const { count } = doc.bufferedPageRange()
  for (let n = 0; n < count; n++) {
    doc.switchToPage(n)
    // Below the margin text would start a new page.
    doc.page.margins.bottom = 0
    const y = page.height - page.foot
    doc.font(fonts.normal).fontSize(7.5).fillColor(ink.muted)
    doc.text(latin(text), page.margin, y, { width: inner - 60, lineBreak: false })
    doc.text(`${n + 1} / ${count}`, page.margin, y, { width: inner, align: 'right', lineBreak: false })
  }
}

/** Swatches with their names, on as many lines as they need. */
export function legend(doc: Document, swatches: readonly { readonly name: string; readonly scene: Scene }[]): void {
  let x = page.margin
  for (const { name, scene: drawing } of swatches) {
    const width = 26 + doc.font(fonts.normal).fontSize(8.5).widthOfString(latin(name)) + 14
    if (x + width > page.margin + inner) {
      x = page.margin
      doc.y += 14
    }
    const y = doc.y
    drawScene(doc, drawing, { x, y, scale: 20 / drawing.width })
    doc
      .font(fonts.normal)
      .fontSize(8.5)
      .fillColor(ink.text)
      .text(latin(name), x + 25, y + 1.5, { lineBreak: false })
    doc.y = y
    x += width
  }
  doc.x = page.margin
  doc.y += 20
}

export function grid(doc: Document, scenes: readonly Scene[], columns: number): void {
  const width = (inner - (columns - 1) * 12) / columns
  for (let start = 0; start < scenes.length; start += columns) {
    const row = scenes.slice(start, start + columns)
    const height = (row[0]!.height * width) / row[0]!.width
    room(doc, height + 8)
    const y = doc.y
    row.forEach((drawing, n) =>
      drawScene(doc, drawing, { x: page.margin + n * (width + 12), y, scale: width / drawing.width }),
    )
    doc.y = y + height + 8
  }
}

/** Opened once and placed on as many panels as there are; missing in pdfkit's types. */
export function openImage(doc: Document, png: Uint8Array): PDFKit.Mixins.ImageSrc {
  return (doc as unknown as { openImage(source: Buffer): PDFKit.Mixins.ImageSrc }).openImage(Buffer.from(png))
}

function concatenated(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
