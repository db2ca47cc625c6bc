import type { MethodScore } from './bakeoff-table.ts'

const [left, right, top, row] = [150, 150, 46, 24]
const width = 760
/** Colour-blind safe, and told apart by shape too: open circle without guard, filled square with it. */
const colors = { without: '#E69F00', with: '#0072B2', text: '#333333', grid: '#D0D4D8' }

/** Recovered share by method, with and without guard, and how many cases were harmed: an SVG for the README. */
export function bakeoffFigure({ model, methods }: { model: string; methods: readonly MethodScore[] }): string {
  const values = methods.flatMap(({ withGuard, withoutGuard }) => [
    withGuard.recoveredPercent ?? 0,
    withoutGuard.recoveredPercent ?? 0,
  ])
  // A method that destroys the masks would squeeze all others together: it is drawn at the edge, with its number.
  const [low, high] = [Math.max(-100, Math.min(0, ...values)), 100]
  const x = (percent: number): number =>
    left + ((Math.min(high, Math.max(low, percent)) - low) / (high - low)) * (width - left - right)
  const height = top + row * methods.length + 40
  const ticks = [-100, -75, -50, -25, 0, 25, 50, 75, 100].filter((tick) => tick >= low)
  const grid = ticks.map(
    (tick) =>
      `<line x1="${n(x(tick))}" x2="${n(x(tick))}" y1="${top - 8}" y2="${height - 34}" stroke="${tick === 0 ? colors.text : colors.grid}"/>` +
      text(x(tick), height - 18, `${tick} %`, 'middle'),
  )
  const rows = methods.map(({ method, cases, withGuard, withoutGuard }, index) => {
    const y = top + row * index + row / 2
    const [a, b] = [withoutGuard.recoveredPercent ?? 0, withGuard.recoveredPercent ?? 0]
    return [
      text(left - 12, y + 4, method, 'end'),
      `<line x1="${n(x(a))}" x2="${n(x(b))}" y1="${n(y)}" y2="${n(y)}" stroke="${colors.grid}" stroke-width="3"/>`,
      `<circle cx="${n(x(a))}" cy="${n(y)}" r="5" fill="#fff" stroke="${colors.without}" stroke-width="2"/>`,
      `<rect x="${n(x(b) - 4.5)}" y="${n(y - 4.5)}" width="9" height="9" fill="${colors.with}"/>`,
      a < low ? text(x(low) + 10, y - 6, `${a.toFixed(0)} %`, 'start') : '',
      text(width - 12, y + 4, `${withoutGuard.harmed} / ${withGuard.harmed} of ${cases}`, 'end'),
    ].join('')
  })
  const legend =
    `<circle cx="${left}" cy="18" r="5" fill="#fff" stroke="${colors.without}" stroke-width="2"/>${text(left + 12, 22, 'without guard', 'start')}` +
    `<rect x="${left + 115}" y="13.5" width="9" height="9" fill="${colors.with}"/>${text(left + 132, 22, 'with guard', 'start')}` +
    text(width - 12, 22, 'harmed without / with', 'end')
  const title = `Lost Dice recovered by method, ${model}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12"><rect width="${width}" height="${height}" fill="#fff"/>${legend}${grid.join('')}${rows.join('')}</svg>\n`
}

const n = (value: number): string => String(Math.round(value * 10) / 10)
const text = (x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}" fill="${colors.text}">${content}</text>`
