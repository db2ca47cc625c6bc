import { describe, expect, it } from 'vitest'
import { panelRange, panelWidth } from './panel-width.ts'

const on = (screen: number, usual: number, chosen?: number): number =>
  panelWidth(chosen, usual, panelRange(usual, screen))

describe('the width of the panel', () => {
  it('is the usual one of the screen until it is moved', () => {
    expect(on(1280, 372)).toBe(372)
    expect(on(3840, 480)).toBe(480)
  })

  it('is what was chosen, as far as type and pictures have their room', () => {
    expect(on(1920, 372, 500)).toBe(500)
    expect(on(1920, 372, 100)).toBe(298)
    expect(on(1920, 372, 2000)).toBe(632)
    // Chosen on a laptop, shown at 4K.
    expect(on(3840, 480, 330)).toBe(384)
    expect(on(800, 372, 600)).toBe(400)
  })

  it('has a range where the window is smaller than any panel', () => {
    const { narrowest, widest } = panelRange(372, 400)
    expect(widest).toBe(narrowest)
  })
})
