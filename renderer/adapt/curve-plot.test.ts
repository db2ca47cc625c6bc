import { expect, it, vi } from 'vitest'
import { alignedData, isLanguage, loadPlot, stepRange, valueRange } from './curve-plot.ts'

/** What uPlot asks of a page as it loads. */
class Page extends EventTarget {
  readonly devicePixelRatio = 1
  readonly matchMedia = (): EventTarget => new EventTarget()
}

it('loads charts under a language that Intl does not know, and leaves the language as it is', async () => {
  const navigator = Object.create({ language: 'en-US@posix' }) as { readonly language: string }
  const page = new Page()
  vi.stubGlobal('window', page)
  vi.stubGlobal('document', {})
  vi.stubGlobal('navigator', navigator)
  vi.stubGlobal('devicePixelRatio', 1)
  vi.stubGlobal('matchMedia', page.matchMedia)
  try {
    expect(await loadPlot()).toBeTypeOf('function')
    expect(navigator.language).toBe('en-US@posix')
  } finally {
    vi.unstubAllGlobals()
  }
})

it('tells languages from what is none', () => {
  expect(['en-US', 'de', 'zh-Hant-TW'].filter(isLanguage)).toHaveLength(3)
  expect(['', 'en-US@posix', 'en_US', 'C'].filter(isLanguage)).toEqual([])
})

it('keeps limits in the picture, and gives a constant room', () => {
  const [from, to] = valueRange(-0.0001, 0.002, [{ value: -0.01, harmIs: 'below' }])
  expect(from).toBeLessThan(-0.01)
  expect(to).toBeGreaterThan(0.002)
  const [low, high] = valueRange(0.97, 0.97, [])
  expect(low).toBeLessThan(0.97)
  expect(high).toBeGreaterThan(0.97)
  expect(valueRange(null, null, [])).toEqual([0, 1])
})

it('gives the steps first, then one row of values a curve', () => {
  const set = { title: '', meaning: '', steps: [3, 4], curves: [{ name: 'a', values: [1, null] }], limits: [] }
  expect(alignedData(set)).toEqual([
    [3, 4],
    [1, null],
  ])
})

it('shows a single step in the middle, and many from the first to the last', () => {
  expect(stepRange({ data: [[]] })).toEqual([0, 1])
  expect(stepRange({ data: [[3], [0.8]] })).toEqual([2, 4])
  expect(
    stepRange({
      data: [
        [6, 7, 10],
        [1, 2, 3],
      ],
    }),
  ).toEqual([6, 10])
})
