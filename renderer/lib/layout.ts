/** Which viewports are on screen, and where: one table for all layouts and ways to compare. */
import type { Settings } from '../../main/contract/schemas.ts'
import type { Plane } from './planes.ts'

export type Layout = Settings['layout']
export const layouts: readonly Layout[] = ['1x1', '1x2', '2x2', '2x3']

/** What a viewport shows of the masks; 'shown' is whatever the panel's layers say. */
export type Side = 'shown' | 'before' | 'after'
export type Pane = { readonly plane: Plane; readonly side: Side }

/** Rows of a grid. A pane that covers several cells is named in each of them; null is the summary. */
export type Hanging = readonly (readonly (Pane | null)[])[]

/** `isPaired`: before and after stand beside each other, so every layout shows both. */
export function hangingOf(layout: Layout, isPaired: boolean, first: Plane, isMaximised: boolean): Hanging {
  const [second, third] = othersOf(first)
  if (isPaired) {
    const pair = (plane: Plane): readonly Pane[] => [
      { plane, side: 'before' },
      { plane, side: 'after' },
    ]
    if (isMaximised || layout === '1x1' || layout === '1x2') return [pair(first)]
    if (layout === '2x2') return [pair(first), pair(second)]
    const row = (side: Side): readonly Pane[] =>
      (['axial', 'coronal', 'sagittal'] as const).map((plane) => ({ plane, side }))
    return [row('before'), row('after')]
  }
  const pane = (plane: Plane): Pane => ({ plane, side: 'shown' })
  if (isMaximised || layout === '1x1') return [[pane(first)]]
  if (layout === '1x2') return [[pane(first), pane(second)]]
  if (layout === '2x2')
    return [
      [pane('axial'), pane('sagittal')],
      [pane('coronal'), null],
    ]
  // One plane large, the two others beside it.
  const large = pane(first)
  return [
    [large, large, pane(second)],
    [large, large, pane(third)],
  ]
}

/** The panes in reading order, each once. */
export function panesOf(hanging: Hanging): readonly Pane[] {
  return [
    ...new Map(
      hanging
        .flat()
        .filter((pane) => pane !== null)
        .map((pane) => [paneKey(pane), pane]),
    ).values(),
  ]
}

export function paneKey({ plane, side }: Pane): string {
  return `${plane}-${side}`
}

/** For grid-template-areas. */
export function areasOf(hanging: Hanging): string {
  return hanging.map((row) => `"${row.map((pane) => (pane ? paneKey(pane) : 'summary')).join(' ')}"`).join(' ')
}

function othersOf(plane: Plane): readonly [Plane, Plane] {
  if (plane === 'axial') return ['sagittal', 'coronal']
  return plane === 'sagittal' ? ['axial', 'coronal'] : ['axial', 'sagittal']
}
