/** The stress test's report: where the model breaks, and where adaptation still saves it. */
import type { Evaluation } from '../evaluate/evaluation.ts'
import { notice } from './report.ts'
import { section, table } from './html-parts.ts'
import { colors, n, polyline } from './scene.ts'
import type { Ink, Mark, Scene } from './scene.ts'
import { escape, svg } from './svg.ts'
import { stylesheet } from './style.ts'

export type StressPoint = {
  /** 0 is the scan as it is. */
  readonly level: number
  /** Mean Dice over labels: source model, and what gate and guard let stand; null where the case failed. */
  readonly before: number | null
  readonly kept: number | null
  readonly verdict: string | null
}

export type StressCurve = {
  readonly degradation: string
  readonly title: string
  readonly unit: string
  readonly points: readonly StressPoint[]
  /** First level at which the source model, or the kept mask, is more than the limit below the scan as it is; null: none. */
  readonly breaksAt: number | null
  readonly breaksAtWithAdaptation: number | null
}

export type Stress = {
  readonly schema: 1
  readonly notice: string
  readonly scan: { readonly seriesHash: string; readonly shape: readonly number[]; readonly spacing: readonly number[] }
  /** 'mask': a reference was given. 'source': the source model's own mask of the scan as it is stands for one. */
  readonly against: 'mask' | 'source'
  readonly model: string
  readonly method: string
  readonly limit: number
  /** What it was done with: model, parameters, engine, seed. */
  readonly evaluation: Evaluation
  readonly curves: readonly StressCurve[]
}

/** Dice below the scan as it is by more than this is a break. */
export const breakLimit = 0.05

export function stressCurve(
  { degradation, title, unit }: Pick<StressCurve, 'degradation' | 'title' | 'unit'>,
  points: readonly StressPoint[],
): StressCurve {
  const asIs = points[0]?.before ?? NaN
  const breaks = (state: 'before' | 'kept'): number | null =>
    points.slice(1).find((point) => (point[state] ?? 0) < asIs - breakLimit)?.level ?? null
  return { degradation, title, unit, points, breaksAt: breaks('before'), breaksAtWithAdaptation: breaks('kept') }
}

export function stressCsv({ curves }: Stress): string {
  const rows = curves.flatMap(({ degradation, points }) =>
    points.map(({ level, before, kept, verdict }) =>
      [degradation, level, before ?? '', kept ?? '', verdict ?? ''].join(','),
    ),
  )
  return ['degradation,level,dice_before,dice_kept,verdict', ...rows, ''].join('\n')
}

/** One page that needs nothing beside it. `styleHash`: SHA-256 of the style sheet in base64. */
export function stressHtml(stress: Stress, styleHash: string): string {
  const figures = stress.curves.map((curve) => svg(scene(curve), 'curve')).join('')
  const against =
    stress.against === 'mask'
      ? 'Dice with the reference mask, mean of the labels.'
      : "No reference was given: Dice with the source model's own mask of the scan as it is. It tells how steady the mask is, not how right."
  const rows = stress.curves.map(({ title, unit, points, breaksAt, breaksAtWithAdaptation }) => [
    title,
    unit,
    points.slice(1).map(({ level }) => String(level)).join(', '), // prettier-ignore
    breaksAt === null ? 'no level' : String(breaksAt),
    breaksAtWithAdaptation === null ? 'no level' : String(breaksAtWithAdaptation),
  ])
  const header = ['Degradation', 'Level in', 'Levels', 'Source model breaks at', 'With adaptation at']
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleHash}'">
<title>Scanbridge stress test</title>
<style>${stylesheet}</style>
</head>
<body>
<main>
<header>
<p class="over">Scanbridge &middot; stress test</p>
<h1>${escape(stress.model)} under stress, without and with ${escape(stress.method)}</h1>
<p class="notice">${escape(notice)}</p>
</header>
${section('Dice as the scan gets worse', `<p>${escape(against)} Blue: source model. Orange, dashed: what gate and guard let stand.</p><div class="curves">${figures}</div>`)}
${section('Where it breaks', `<p>Breaks: more than ${stress.limit} below the scan as it is.</p>${table({ header, rows, numbers: [3, 4] })}`)}
${section(
  'Provenance',
  `<table class="facts"><tbody>${provenance(stress)
    .map(
      ([name, value, kind]) =>
        `<tr><th scope="row">${escape(name)}</th><td${kind ? ` class="${kind}"` : ''}>${escape(value)}</td></tr>`,
    )
    .join('')}</tbody></table>`,
)}
</main>
</body>
</html>
`
}

function provenance({ scan, evaluation }: Stress): [name: string, value: string, kind?: 'mono'][] {
  const { model, methods, engine, seed, guard, scanbridge } = evaluation
  return [
    ['Scan (SHA-256)', scan.seriesHash, 'mono'],
    ['Voxels', `${scan.shape.join(' x ')}, ${scan.spacing.map((mm) => mm.toFixed(2)).join(' x ')} mm`],
    ['Model', `${model.name} ${model.version}`],
    ['Model (SHA-256)', model.sha256, 'mono'],
    ...methods.map(({ name, parameters }): [string, string] => [
      `Parameters of ${name}`,
      Object.entries(parameters)
        .map(([key, value]) => `${key} = ${value}`)
        .join(', '),
    ]),
    ['Guard', guard ? 'on' : 'off'],
    ['Seed', String(seed)],
    ['Engine', engine],
    ['Scanbridge', scanbridge.version],
  ]
}

const size = { width: 240, height: 150, left: 34, right: 12, top: 26, bottom: 34 }

function scene({ title, unit, points }: StressCurve): Scene {
  const { width, height, left, right, top, bottom } = size
  const x = (index: number): number => left + ((width - left - right) * index) / Math.max(1, points.length - 1)
  const y = (dice: number): number => height - bottom - (height - top - bottom) * dice
  const words = (
    atX: number,
    atY: number,
    text: string,
    anchor: 'start' | 'middle' | 'end',
    ink: Ink = 'muted',
  ): Mark => ({
    kind: 'text',
    x: atX,
    y: atY,
    text,
    size: ink === 'text' ? 11 : 9.5,
    ink,
    anchor,
    bold: ink === 'text',
  })
  const line = (state: 'before' | 'kept', stroke: Ink): Mark[] => {
    const known = points.flatMap((point, index) =>
      point[state] === null ? [] : [[x(index), y(point[state])] as const],
    )
    return [
      { kind: 'path', d: polyline(known), stroke, width: 1.8, ...(state === 'kept' && { dash: [5, 3] }) },
      ...known.map(([px, py]): Mark => ({ kind: 'path', d: diamond(px, py), fill: stroke })),
    ]
  }
  const last = points.at(-1)
  return {
    width,
    height,
    title: `${title}: Dice at ${points.length} levels; at the worst ${figure(last?.before)} before, ${figure(last?.kept)} after`,
    hatchStep: 6,
    marks: [
      words(left, 14, title, 'start', 'text'),
      ...[0, 0.5, 1].flatMap((dice): Mark[] => [
        { kind: 'path', d: polyline([[left, y(dice)], [width - right, y(dice)]]), stroke: 'grid', width: 1 }, // prettier-ignore
        words(left - 5, y(dice) + 3.5, String(dice), 'end'),
      ]),
      ...points.map(({ level }, index) => words(x(index), height - 20, index === 0 ? 'as is' : n(level), 'middle')),
      words((left + width - right) / 2, height - 7, unit, 'middle'),
      ...line('before', colors.before),
      ...line('kept', colors.after),
    ],
  }
}

const figure = (value: number | null | undefined): string => value?.toFixed(2) ?? 'unknown'
const diamond = (x: number, y: number): string =>
  `M${n(x - 3)} ${n(y)}L${n(x)} ${n(y - 3)}L${n(x + 3)} ${n(y)}L${n(x)} ${n(y + 3)}Z`
