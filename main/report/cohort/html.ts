import { dataUris, list, section, table } from '../html-parts.ts'
import { escape, svg, svgDefinitions } from '../svg.ts'
import type { Scene } from '../scene.ts'
import { blocksOf, cohortTiles, idOf, resultSentences, titleOf } from './blocks.ts'
import type { Block, CohortContent, MontageCase, Swatch } from './blocks.ts'
import { cohortStylesheet } from './style.ts'

/** The report as one page that needs nothing beside it, as the one of a run. `styleHash`: SHA-256 of cohortStylesheet, base64. */
export function cohortHtml(content: CohortContent, styleHash: string): string {
  const { report } = content
  const blocks = blocksOf(content)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-${styleHash}'">
<title>Scanbridge cohort report ${escape(idOf(report))}</title>
<style>${cohortStylesheet}</style>
</head>
<body>
${svgDefinitions(blocks.flatMap(scenesOf), dataUris(content.pictures))}
<main>
<header>
<p class="over">Scanbridge &middot; cohort report &middot; ${escape(idOf(report))}</p>
<h1>${escape(titleOf(report))}</h1>
<p class="notice">${escape(report.notice)}</p>
</header>
${report.partial ? `<p class="partial" role="note">${escape(report.partial)}</p>` : ''}
<dl class="tiles">${cohortTiles(content)
    .map(
      ([name, value, detail]) =>
        `<div><dt>${escape(name)}</dt><dd>${escape(value)}<small>${escape(detail)}</small></dd></div>`,
    )
    .join('')}</dl>
${report.methods.length ? section('Results', `<ul class="results">${resultSentences(report).map(item).join('')}</ul>`) : ''}
${report.warnings.length ? section('To be read with care', list(report.warnings)) : ''}
${laidOut(blocks)}
<footer><p>${escape(report.notice)}</p><p>This report carries no identity: cases are called as the manifest calls them. Patient&rsquo;s left is on the right of axial pictures.</p></footer>
</main>
</body>
</html>
`
}

function item(text: string): string {
  return `<li>${escape(text)}</li>`
}

function scenesOf(block: Block): readonly Scene[] {
  if (block.kind !== 'figure' && block.kind !== 'montage') return []
  const swatches = block.legend.map(({ scene }) => scene)
  if (block.kind === 'figure') return [...block.scenes, ...swatches]
  return [...block.cases.flatMap(({ row }) => row.panels.map(({ scene }) => scene)), ...swatches]
}

function laidOut(blocks: readonly Block[]): string {
  let [tables, figures] = [0, 0]
  return blocks
    .map((block) => {
      switch (block.kind) {
        case 'heading':
          return `<h2>${escape(block.text)}</h2>`
        case 'text':
          return `<p class="muted">${escape(block.text)}</p>`
        case 'notice':
          return `<p class="partial" role="note">${escape(block.text)}</p>`
        case 'table':
          return `<div class="captioned dense"><p><b>Table ${++tables}.</b> ${escape(block.caption)}</p>${table(block.table)}</div>`
        case 'figure':
          return `<figure class="captioned">${caption(++figures, block.caption)}${legend(block.legend)}<div class="${block.columns === 2 ? 'pairs' : 'single'}">${block.scenes.map((scene) => svg(scene, 'plot')).join('')}</div></figure>`
        case 'montage':
          return `<figure class="captioned montage">${caption(++figures, block.caption)}${legend(block.legend)}${block.cases.map(montageCase).join('')}</figure>`
        case 'facts':
          return `<h3>${escape(block.title)}</h3><table class="facts"><tbody>${block.facts.map((fact) => `<tr><th scope="row">${escape(fact.name)}</th><td${fact.mono ? ' class="mono"' : ''}>${escape(fact.value)}</td></tr>`).join('')}</tbody></table>`
      }
    })
    .join('\n')
}

function caption(count: number, text: string): string {
  return `<figcaption><b>Figure ${count}.</b> ${escape(text)}</figcaption>`
}

function legend(swatches: readonly Swatch[]): string {
  return `<ul class="legend">${swatches.map(({ name, scene }) => `<li>${svg(scene, '')}${escape(name)}</li>`).join('')}</ul>`
}

function montageCase({ title, row }: MontageCase): string {
  return `<div class="row"><h3>${escape(title)}</h3><div class="panels${row.panels.length === 1 ? ' one' : ''}">${row.panels.map(({ scene }) => svg(scene, 'panel')).join('')}</div></div>`
}
