import { date } from './format.ts'
import { latin } from './latin.ts'
import {
  factTable,
  feet,
  fonts,
  grid,
  heading,
  inner,
  ink,
  legend,
  newDocument,
  openImage,
  page,
  room,
  scene,
  table,
  words,
} from './pdf-page.ts'
import type { Document } from './pdf-page.ts'
import { drawScene } from './pdf-scene.ts'
import type { PictureRow } from './panels.ts'
import {
  bars,
  curves,
  definitions,
  legends,
  provenance,
  referenceTable,
  scannerTitle,
  scoreTable,
  stepTable,
  tiles,
  verdictBadge,
  volumeTable,
} from './sections.ts'
import type { Content, Tone } from './sections.ts'

/**
 * The report as a PDF. Dates in it are the run's, so the same run gives the same bytes. It uses the fonts that every PDF
 * reader has; what they cannot write (scripts beyond Latin-1) is replaced by a question mark.
 */
export async function pdf(content: Content): Promise<Uint8Array> {
  const { report, rows } = content
  const { doc, finish } = newDocument(`Scanbridge report ${report.run.id}`, new Date(report.run.created))
  title(doc, content)
  figures(doc, content)
  if (report.volumes.length) {
    heading(doc, 'Volumes')
    scene(doc, bars(report), inner * 0.72)
    const volumes = volumeTable(report)
    table(doc, volumes, [1.7, ...volumes.numbers.map(() => 1)])
  }
  if (rows.length) pictures(doc, content)
  const reference = referenceTable(report)
  if (reference) {
    heading(doc, 'Against the reference mask')
    table(doc, reference, [2, 1, 1, 1, 1])
  }
  if (report.verdict.scores.length) {
    heading(doc, 'What the guard saw')
    table(doc, scoreTable(report), [1.6, 0.7, 3.2])
  }
  const scenes = curves(report).flatMap((group) => group.scenes)
  if (scenes.length) {
    heading(doc, 'Over the steps', 110)
    grid(doc, scenes, 3)
  }
  if (report.steps.length) {
    heading(doc, 'Steps')
    table(doc, stepTable(report), [0.5, 1, 0.8, 1.1, 1.1, 0.9, 1.6])
  }
  for (const [n, { title: name, facts }] of provenance(report).entries()) {
    if (n === 0) heading(doc, 'Provenance', 90)
    factTable(doc, name, facts)
  }
  factTable(
    doc,
    'Words',
    definitions.map(([name, value]) => ({ name, value })),
  )
  feet(doc, `${report.notice}  Run ${report.run.id}`)
  return finish()
}

const tones: Record<Tone, string> = { good: '#00704f', bad: '#b34700', note: '#0b5cad', plain: '#5b6570' }

function title(doc: Document, content: Content): void {
  const { report } = content
  words(doc, `Scanbridge  \u00b7  adaptation report  \u00b7  ${date(report.run.created)}`, {
    size: 9,
    color: ink.muted,
  })
  doc.moveDown(0.3)
  words(doc, `${report.model.name} on ${scannerTitle(content)}`, { size: 17, font: fonts.bold })
  doc.moveDown(0.3)
  words(doc, report.notice, { size: 9, color: ink.muted })
  doc.moveDown(0.9)
  if (report.partial) {
    words(doc, report.partial, { size: 10, font: fonts.bold, color: tones.bad })
    doc.moveDown(0.6)
  }
  verdict(doc, content)
}

function verdict(doc: Document, { report }: Content): void {
  const badge = verdictBadge(report)
  const [left, top, width] = [page.margin + 16, doc.y, inner - 30]
  const lines = [
    { text: badge.text.toUpperCase(), size: 8.5, font: fonts.bold, color: tones[badge.tone], gap: 3 },
    { text: report.verdict.sentence, size: 12, font: fonts.bold, color: ink.text, gap: 5 },
    ...(report.verdict.expected
      ? [{ text: report.verdict.expected, size: 9.5, font: fonts.normal, color: ink.text, gap: 5 }]
      : []),
    ...report.verdict.reasons.map((reason) => ({
      text: `\u2022  ${reason}`,
      size: 9.5,
      font: fonts.normal,
      color: ink.text,
      gap: 2,
    })),
  ]
  const heightOf = (line: (typeof lines)[number]): number =>
    doc.font(line.font).fontSize(line.size).heightOfString(latin(line.text), { width }) + line.gap
  const height = lines.reduce((sum, line) => sum + heightOf(line), 20)
  doc.rect(page.margin, top, inner, height).fill(ink.card)
  doc.rect(page.margin, top, 4, height).fill(tones[badge.tone])
  let y = top + 10
  for (const line of lines) {
    doc.font(line.font).fontSize(line.size).fillColor(line.color).text(latin(line.text), left, y, { width })
    y += heightOf(line)
  }
  doc.x = page.margin
  doc.y = top + height + 12
}

function figures(doc: Document, { report }: Content): void {
  const all = tiles(report)
  const width = inner / all.length
  const top = doc.y
  all.forEach(([name, value, detail], n) => {
    const x = page.margin + n * width
    if (n > 0)
      doc
        .moveTo(x - 6, top)
        .lineTo(x - 6, top + 42)
        .lineWidth(0.6)
        .stroke(ink.grid)
    doc
      .font(fonts.normal)
      .fontSize(8)
      .fillColor(ink.muted)
      .text(latin(name), x, top, { width: width - 10 })
    doc
      .font(fonts.bold)
      .fontSize(14)
      .fillColor(ink.text)
      .text(latin(value), x, top + 11, { width: width - 10 })
    doc
      .font(fonts.normal)
      .fontSize(8)
      .fillColor(ink.muted)
      .text(latin(detail), x, top + 29, { width: width - 10 })
  })
  doc.x = page.margin
  doc.y = top + 50
}

function pictures(doc: Document, content: Content): void {
  const { rows, report } = content
  const gap = 5
  const images = new Map([...content.pictures].map(([name, png]) => [name, openImage(doc, png)]))
  // Low enough for four rows on a page.
  const tallest = Math.max(...rows.flatMap(({ panels }) => panels.map((p) => p.scene.height / p.scene.width)))
  const width = Math.min((inner - 2 * gap) / 3, 158 / tallest)
  const heightOf = ({ panels }: PictureRow): number =>
    Math.max(...panels.map((p) => (p.scene.height * width) / p.scene.width))
  // The legend and the names of the columns lie between.
  heading(doc, 'Pictures', heightOf(rows[0]!) + 100)
  legend(
    doc,
    legends(
      report,
      rows.some(({ panels }) => panels.length > 1),
    ),
  )
  const heads = rows[0]!.panels.map(({ name }) => name)
  const head = (): void => {
    if (heads.length < 2) return
    const y = doc.y
    heads.forEach((name, n) =>
      doc
        .font(fonts.bold)
        .fontSize(9)
        .fillColor(ink.text)
        .text(name, page.margin + n * (width + gap), y),
    )
    doc.y = y + 13
  }
  head()
  for (const row of rows) {
    const height = heightOf(row)
    if (room(doc, height + 22)) head()
    const top = doc.y
    row.panels.forEach(({ scene: drawing }, n) =>
      drawScene(doc, drawing, { x: page.margin + n * (width + gap), y: top, scale: width / drawing.width, images }),
    )
    doc.y = top + height + 4
    words(doc, row.caption, { size: 8.5, color: ink.muted })
    doc.y += 9
  }
}
