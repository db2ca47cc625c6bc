import { latin } from '../latin.ts'
import {
  factTable,
  feet,
  fonts,
  heading,
  inner,
  ink,
  legend,
  newDocument,
  openImage,
  page,
  room,
  rowRoom,
  table,
  words,
} from '../pdf-page.ts'
import type { Document } from '../pdf-page.ts'
import { drawScene } from '../pdf-scene.ts'
import type { Scene } from '../scene.ts'
import { blocksOf, cohortTiles, idOf, resultSentences, titleOf } from './blocks.ts'
import type { Block, CohortContent, MontageCase } from './blocks.ts'

const care = '#b34700'

/** The report as a PDF; it carries no date, so the same evaluation gives the same bytes. */
export async function cohortPdf(content: CohortContent): Promise<Uint8Array> {
  const { report } = content
  const { doc, finish } = newDocument(`Scanbridge cohort report ${idOf(report)}`)
  words(doc, `Scanbridge  \u00b7  cohort report  \u00b7  ${idOf(report)}`, { size: 9, color: ink.muted })
  doc.moveDown(0.3)
  words(doc, titleOf(report), { size: 17, font: fonts.bold })
  doc.moveDown(0.3)
  words(doc, report.notice, { size: 9, color: ink.muted })
  doc.moveDown(0.9)
  if (report.partial) notice(doc, report.partial)
  tiles(doc, content)
  if (report.methods.length) {
    heading(doc, 'Results')
    items(doc, resultSentences(report))
  }
  if (report.warnings.length) {
    heading(doc, 'To be read with care')
    items(doc, report.warnings)
    doc.y += 6
  }
  const blocks = blocksOf(content)
  const images = new Map([...content.pictures].map(([name, png]) => [name, openImage(doc, png)]))
  const counts = { table: 0, figure: 0 }
  for (const [n, block] of blocks.entries()) draw(doc, block, blocks[n + 1], counts, images)
  feet(doc, `${report.notice}  ${idOf(report)}`)
  return finish()
}

type Images = ReadonlyMap<string, PDFKit.Mixins.ImageSrc>

function draw(
  doc: Document,
  block: Block,
  next: Block | undefined,
  counts: { table: number; figure: number },
  images: Images,
): void {
  switch (block.kind) {
    case 'heading':
      heading(doc, block.text, next ? needed(doc, next) : 70)
      return
    case 'text':
      words(doc, block.text, { size: 9, color: ink.muted })
      doc.y += 8
      return
    case 'notice':
      notice(doc, block.text)
      return
    case 'facts':
      factTable(doc, block.title, block.facts)
      return
    case 'table':
      room(doc, needed(doc, block))
      caption(doc, `Table ${++counts.table}.`, block.caption)
      table(doc, block.table, block.table.shares, tableSize)
      doc.y += 12
      return
    case 'figure':
      room(doc, needed(doc, block))
      caption(doc, `Figure ${++counts.figure}.`, block.caption)
      legend(doc, block.legend)
      scenes(doc, block.scenes, block.columns)
      doc.y += 8
      return
    case 'montage':
      room(doc, needed(doc, block))
      caption(doc, `Figure ${++counts.figure}.`, block.caption)
      legend(doc, block.legend)
      for (const one of block.cases) montageCase(doc, one, images)
  }
}

/** What has to be on one page with the beginning of a block, points: a caption stands with its figure or first rows. */
function needed(doc: Document, block: Block): number {
  if (block.kind === 'figure') return captionHeight(doc, block.caption) + 34 + heightOf(block.scenes[0], block.columns)
  if (block.kind === 'montage') return captionHeight(doc, block.caption) + 200
  if (block.kind === 'table') {
    const { rows } = block.table
    return captionHeight(doc, block.caption) + 34 + Math.max(16 * Math.min(5, rows.length), rowRoom(rows, 0, tableSize))
  }
  return 70
}

const columnGap = 14
const tableSize = 7

function widthOf(columns: number): number {
  return (inner - (columns - 1) * columnGap) / columns
}

function heightOf(scene: Scene | undefined, columns: number): number {
  return scene ? (scene.height * widthOf(columns)) / scene.width : 0
}

function scenes(doc: Document, all: readonly Scene[], columns: number): void {
  for (let start = 0; start < all.length; start += columns) {
    const row = all.slice(start, start + columns)
    const height = Math.max(...row.map((scene) => heightOf(scene, columns)))
    room(doc, height)
    const y = doc.y
    row.forEach((scene, n) =>
      drawScene(doc, scene, {
        x: page.margin + n * (widthOf(columns) + columnGap),
        y,
        scale: widthOf(columns) / scene.width,
      }),
    )
    doc.y = y + height + 8
  }
}

function caption(doc: Document, label: string, text: string): void {
  doc.font(fonts.bold).fontSize(9).fillColor(ink.text)
  doc.text(`${label} `, page.margin, doc.y, { width: inner, continued: true })
  doc.font(fonts.normal).text(latin(text))
  doc.x = page.margin
  doc.y += 6
}

function captionHeight(doc: Document, text: string): number {
  return (
    doc
      .font(fonts.normal)
      .fontSize(9)
      .heightOfString(latin(`Figure 00. ${text}`), { width: inner }) + 6
  )
}

function notice(doc: Document, text: string): void {
  words(doc, text, { size: 10, font: fonts.bold, color: care })
  doc.moveDown(0.6)
}

function items(doc: Document, texts: readonly string[]): void {
  for (const text of texts) {
    const height = doc
      .font(fonts.normal)
      .fontSize(9.5)
      .heightOfString(latin(text), { width: inner - 12 })
    room(doc, height)
    const y = doc.y
    doc.fillColor(ink.text).text('\u2022', page.margin, y)
    doc.text(latin(text), page.margin + 12, y, { width: inner - 12 })
    doc.x = page.margin
    doc.y = y + height + 4
  }
}

function tiles(doc: Document, content: CohortContent): void {
  const all = cohortTiles(content)
  const width = inner / all.length
  const top = doc.y
  all.forEach(([name, value, detail], n) => {
    const x = page.margin + n * width
    const put = (text: string, font: string, size: number, color: string, y: number): void => {
      doc.font(font).fontSize(size).fillColor(color)
      doc.text(latin(text), x, y, { width: width - 10 })
    }
    put(name, fonts.normal, 8, ink.muted, top)
    put(value, fonts.bold, 14, ink.text, top + 11)
    put(detail, fonts.normal, 8, ink.muted, top + 29)
  })
  doc.x = page.margin
  doc.y = top + 52
}

function montageCase(doc: Document, { title, row }: MontageCase, images: Images): void {
  const gap = 5
  const tallest = Math.max(...row.panels.map(({ scene }) => scene.height / scene.width))
  const width = Math.min((inner - 2 * gap) / 3, 150 / tallest)
  const height = width * tallest
  room(doc, height + 24)
  words(doc, title, { size: 8.5 })
  doc.y += 3
  const top = doc.y
  row.panels.forEach(({ scene }, n) =>
    drawScene(doc, scene, { x: page.margin + n * (width + gap), y: top, scale: width / scene.width, images }),
  )
  doc.y = top + height + 9
}
