import { dataUris, list, section, table } from './html-parts.ts'
import { escape, svg, svgDefinitions } from './svg.ts'
import { stylesheet } from './style.ts'
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
import type { Content } from './sections.ts'
import { date } from './format.ts'
import type { PictureRow } from './panels.ts'

/**
 * The report as one page that needs nothing beside it: no script, no request. `styleHash`: SHA-256 of the style sheet in
 * base64, the only thing that the page's content policy lets through besides its own pictures.
 */
export function html(content: Content, styleHash: string): string {
  const { report, rows } = content
  const badge = verdictBadge(report)
  const hasChange = rows.some((row) => row.panels.length > 1)
  const swatches = legends(report, hasChange)
  const figures = curves(report)
  const reference = referenceTable(report)
  const scenes = [
    ...rows.flatMap((row) => row.panels.map((panel) => panel.scene)),
    ...swatches.map((s) => s.scene),
    bars(report),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-${styleHash}'">
<title>Scanbridge report ${escape(report.run.id)}</title>
<style>${stylesheet}</style>
</head>
<body>
${svgDefinitions(scenes, dataUris(content.pictures))}
<main>
<header>
<p class="over">Scanbridge &middot; adaptation report &middot; ${escape(date(report.run.created))}</p>
<h1>${escape(report.model.name)} on ${escape(scannerTitle(content))}</h1>
<p class="notice">${escape(report.notice)}</p>
</header>
${report.partial ? `<p class="partial" role="note">${escape(report.partial)}</p>` : ''}
<section class="verdict ${badge.tone}">
<div class="badge">${escape(badge.text)}</div>
<p class="sentence">${escape(report.verdict.sentence)}</p>
${report.verdict.expected ? `<p class="expected">${escape(report.verdict.expected)}</p>` : ''}
${list(report.verdict.reasons)}
</section>
<dl class="tiles">${tiles(report)
    .map(
      ([name, value, detail]) =>
        `<div><dt>${escape(name)}</dt><dd>${escape(value)}<small>${escape(detail)}</small></dd></div>`,
    )
    .join('')}</dl>
${section('Pictures', rows.length === 0 ? '<p class="muted">The run has no pictures: it ended before its first mask.</p>' : pictures(rows, swatches.map(({ name, scene }) => `<li>${svg(scene, '')}${escape(name)}</li>`).join('')))}
${
  report.volumes.length
    ? section(
        'Volumes',
        `<figure>${svg(bars(report), 'bars')}</figure>${table(
          volumeTable(report),
          report.volumes.map((row) => row.color),
        )}`,
      )
    : ''
}
${reference ? section('Against the reference mask', table(reference)) : ''}
${report.verdict.scores.length ? section('What the guard saw', table(scoreTable(report))) : ''}
${figures.length ? section('Over the steps', figures.map(({ title, scenes: all }) => `<h3>${escape(title)}</h3><div class="curves">${all.map((scene) => svg(scene, 'curve')).join('')}</div>`).join('')) : ''}
${report.steps.length ? section('Steps', table(stepTable(report))) : ''}
${section(
  'Provenance',
  provenance(report)
    .map(
      ({ title, facts }) =>
        `<h3>${escape(title)}</h3><table class="facts"><tbody>${facts.map((fact) => `<tr><th scope="row">${escape(fact.name)}</th><td${fact.mono ? ' class="mono"' : ''}>${escape(fact.value)}</td></tr>`).join('')}</tbody></table>`,
    )
    .join('\n'),
)}
${report.problems.length ? section('Damaged and left out', list(report.problems)) : ''}
${section('Words', `<table class="facts"><tbody>${definitions.map(([word, meaning]) => `<tr><th scope="row">${escape(word)}</th><td>${escape(meaning)}</td></tr>`).join('')}</tbody></table>`)}
<footer><p>${escape(report.notice)}</p><p>${report.identity ? 'This report names the person scanned.' : 'This report carries no identity.'} Patient&rsquo;s left is on the right of axial and coronal pictures.</p></footer>
</main>
</body>
</html>
`
}

function pictures(rows: readonly PictureRow[], legend: string): string {
  const names = rows[0]!.panels.map(({ name }) => name)
  const heads =
    names.length > 1
      ? `<div class="heads" aria-hidden="true">${names.map((name) => `<div>${name}</div>`).join('')}</div>`
      : ''
  const figures = rows.map(
    ({ panels, caption }) =>
      `<figure class="row"><div class="panels${panels.length === 1 ? ' one' : ''}">${panels.map(({ scene }) => svg(scene, 'panel')).join('')}</div><figcaption>${escape(caption)}</figcaption></figure>`,
  )
  return `<ul class="legend">${legend}</ul>\n${heads}\n${figures.join('\n')}`
}
