import { escape } from './svg.ts'
import type { Table } from './sections.ts'

/** Pieces of a page that the reports of a run and of a cohort share. */
export function section(title: string, body: string): string {
  return `<section>\n<h2>${escape(title)}</h2>\n${body}\n</section>`
}

export function list(items: readonly string[]): string {
  return items.length ? `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>` : ''
}

export function table({ header, rows, numbers, hasTotal }: Table, swatches: readonly string[] = []): string {
  const kind = (column: number): string => (numbers.includes(column) ? ' class="number"' : '')
  const head = header.map((cell, n) => `<th scope="col"${kind(n)}>${escape(cell)}</th>`).join('')
  const body = rows.map((row, r) => {
    const swatch = swatches[r]
      ? `<svg class="swatch" viewBox="0 0 1 1" aria-hidden="true"><path d="M0 0H1V1H0Z" fill="${escape(swatches[r])}"/></svg>`
      : ''
    const cells = row.map((cell, n) =>
      n === 0 ? `<th scope="row"${kind(0)}>${swatch}${escape(cell)}</th>` : `<td${kind(n)}>${escape(cell)}</td>`,
    )
    return `<tr${hasTotal && r === rows.length - 1 ? ' class="whole"' : ''}>${cells.join('')}</tr>`
  })
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

export function dataUris(pngs: ReadonlyMap<string, Uint8Array>): Map<string, string> {
  return new Map([...pngs].map(([name, png]) => [name, `data:image/png;base64,${Buffer.from(png).toString('base64')}`]))
}
