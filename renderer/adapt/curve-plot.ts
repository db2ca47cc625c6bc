/** How a set of curves is drawn: colours and type from the tokens of the page, so that both themes fit. */
import type uPlot from 'uplot'
import type { CurveSet, Phase } from './curves.ts'
import { figure } from './scores.ts'

/** Dashes tell curves apart where colours do not. */
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3], [1, 4]]
export const swatches: readonly string[] = dashes.map((dash) => dash.join(' '))
const colors = ['--accent', '--after', '--before', '--good', '--kept'] as const

/** Loaded with the first curve. It asks for the browser's language once, as it loads, and throws where Intl knows no such one. */
export async function loadPlot(): Promise<typeof uPlot> {
  const isKnown = isLanguage(navigator.language)
  if (!isKnown) Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
  try {
    return (await import('uplot')).default
  } finally {
    // The browser's own answer lies on the prototype.
    if (!isKnown) Reflect.deleteProperty(navigator, 'language')
  }
}

/** Whether Intl takes it; some systems report the locale of their shell, such as en-US@posix. */
export function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

type Marks = { readonly phases: readonly Phase[]; readonly marked: number | undefined }

export function alignedData({ steps, curves }: CurveSet): uPlot.AlignedData {
  return [[...steps], ...curves.map(({ values }) => [...values])]
}

/** `marks` is asked at every drawing. */
export function plotOptions(
  box: HTMLElement,
  size: { readonly width: number; readonly height: number },
  names: readonly string[],
  limits: CurveSet['limits'],
  marks: () => Marks,
): uPlot.Options {
  const style = getComputedStyle(box)
  const token = (name: string): string => style.getPropertyValue(name).trim()
  const font = `${token('--text-small')} ${token('--font')}`
  // Large screens have larger type, and axes that make room for it.
  const em = parseFloat(token('--text-small'))
  const axis = {
    stroke: token('--text-muted'),
    font,
    ticks: { show: false },
    grid: { stroke: token('--line'), width: 1 },
  }
  return {
    ...size,
    legend: { show: false },
    padding: [8, 12, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false, range: stepRange }, y: { range: (_, low, high) => valueRange(low, high, limits) } },
    axes: [
      {
        ...axis,
        size: 2 * em,
        gap: 4,
        grid: { show: false },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        space: 3 * em,
      },
      { ...axis, size: 4.1 * em, gap: 4, space: 2.2 * em, values: (_, values) => values.map(figure) },
    ],
    series: [
      {},
      ...names.map((label, n) => ({
        label,
        stroke: token(colors[n % colors.length]!),
        width: 2,
        dash: [...dashes[n % dashes.length]!],
        // Few points stand for themselves: a line through two of them is hard to read without.
        points: { show: (chart: uPlot) => chart.data[0].length <= 40, size: 6, fill: token('--surface') },
      })),
    ],
    hooks: {
      drawClear: [(chart) => drawPhases(chart, marks(), token('--surface-hover'), token('--text'))],
      draw: [(chart) => drawLimits(chart, limits, token('--bad'))],
    },
  }
}

/** A single step stands in the middle; steps are whole. Of the data itself: uPlot widens the range of a single point first. */
export function stepRange({ data: [steps] }: Pick<uPlot, 'data'>): uPlot.Range.MinMax {
  const [first, last] = [steps[0], steps.at(-1)]
  if (first === undefined || last === undefined) return [0, 1]
  return first === last ? [first - 1, last + 1] : [first, last]
}

/** Room above and below, for a constant too. A limit is always in the picture: how far it is, is what a score tells. */
export function valueRange(low: number | null, high: number | null, limits: CurveSet['limits']): [number, number] {
  if (low === null || high === null) return [0, 1]
  const values = [low, high, ...limits.map(({ value }) => value)]
  const [from, to] = [Math.min(...values), Math.max(...values)]
  const room = 0.12 * Math.max(to - from, 0.02 * Math.max(Math.abs(from), Math.abs(to)), 1e-6)
  return [from - room, to + room]
}

/** Every other phase stands on a lighter ground; the step on screen has a line. */
function drawPhases(chart: uPlot, { phases, marked }: Marks, ground: string, line: string): void {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.fillStyle = ground
  ctx.globalAlpha = 0.6
  phases.forEach(({ from, to }, n) => {
    if (n % 2 === 0) return
    const [x0, x1] = [chart.valToPos(from - 0.5, 'x', true), chart.valToPos(to + 0.5, 'x', true)]
    ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height)
  })
  if (marked !== undefined) {
    const x = Math.round(chart.valToPos(marked, 'x', true)) + 0.5
    ctx.globalAlpha = 0.7
    ctx.strokeStyle = line
    ctx.lineWidth = devicePixelRatio
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}

function drawLimits(chart: uPlot, limits: CurveSet['limits'], color: string): void {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.strokeStyle = color
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  for (const { value } of limits) {
    const y = Math.round(chart.valToPos(value, 'y', true)) + 0.5
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
  }
  ctx.restore()
}
