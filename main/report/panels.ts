import { outline } from './outline.ts'
import { planeGrid, slicePosition } from './planes.ts'
import type { PlaneGrid } from './planes.ts'
import { pixelArea } from './pictures.ts'
import type { Place } from './pictures.ts'
import { colors, polyline, rectangle } from './scene.ts'
import type { Hatch, Ink, Mark, Scene } from './scene.ts'
import type { LabelName } from '../runs/run.ts'
import type { LabelMap } from '../volume/volume.ts'

/** One slice, three ways to look at it; the two on the right only where there is a mask after. */
export type PictureRow = {
  readonly picture: string
  readonly caption: string
  readonly panels: readonly { readonly name: string; readonly scene: Scene }[]
}

export type Masks = {
  readonly before: LabelMap
  readonly after?: { readonly mask: LabelMap; readonly name: string }
  readonly labels: readonly LabelName[]
}

/** mm, so that text is the same size on every panel however far it is scaled. */
const textSize = 7
const edge = 3

/** The panels of one picture. Masks are in LPS order. `picture` names the grey picture that lies under them. */
export function pictureRow(picture: string, place: Place, { before, after, labels }: Masks): PictureRow {
  const view = { grid: planeGrid(before, place.plane), place }
  const scan = (title: string, marks: readonly Mark[]): Scene => framed(view, picture, title, marks)
  const slice = `${place.plane} slice ${place.index + 1} of ${view.grid.slices}`
  const source = {
    name: 'Before: source model',
    scene: scan(`Source mask, ${slice}`, labelMarks(view, before, labels)),
  }
  if (!after) return { picture, caption: caption(before, place, slice), panels: [source] }
  const { mask, name } = after
  return {
    picture,
    caption: caption(before, place, slice, changedPixels(view, before, mask)),
    panels: [
      source,
      { name, scene: scan(`${name}, ${slice}`, labelMarks(view, mask, labels)) },
      { name: 'Change', scene: scan(`Difference of the masks, ${slice}`, changeMarks(view, before, mask)) },
    ],
  }
}

type View = { readonly grid: PlaneGrid; readonly place: Place }

function framed({ grid, place }: View, picture: string, title: string, marks: readonly Mark[]): Scene {
  const width = (place.columns[1] - place.columns[0]) * grid.pixelMm[0]
  const height = (place.rows[1] - place.rows[0]) * grid.pixelMm[1]
  const { left, right, top, bottom } = grid.edges
  const letter = (text: string, x: number, y: number, anchor: 'start' | 'middle' | 'end'): Mark => ({
    kind: 'text',
    x,
    y,
    text,
    size: textSize,
    ink: '#ffffff',
    anchor,
    bold: true,
  })
  const middle = textSize * 0.35
  return {
    width,
    height,
    title,
    hatchStep: 3,
    marks: [
      { kind: 'path', d: rectangle(0, 0, width, height), fill: '#000000' },
      { kind: 'image', picture, x: 0, y: 0, width, height },
      ...marks,
      letter(left, edge, height / 2 + middle, 'start'),
      letter(right, width - edge, height / 2 + middle, 'end'),
      letter(top, width / 2, edge + 2 * middle, 'middle'),
      letter(bottom, width / 2, height - edge, 'middle'),
      ...scaleBar(height),
    ],
  }
}

/** Two centimetres, bottom left. */
function scaleBar(height: number): Mark[] {
  const y = height - edge
  return [
    {
      kind: 'path',
      d: polyline([
        [edge, y - 2],
        [edge, y],
        [edge + 20, y],
        [edge + 20, y - 2],
      ]),
      stroke: '#ffffff',
      width: 0.8,
    },
    { kind: 'text', x: edge + 10, y: y - 3, text: '2 cm', size: textSize * 0.75, ink: '#ffffff', anchor: 'middle' },
  ]
}

function labelMarks(view: View, mask: LabelMap, labels: readonly LabelName[]): Mark[] {
  return labels.flatMap(({ value, color }) => {
    const d = outlineOf(view, (voxel) => mask.data[voxel] === value)
    return d
      ? [
          { kind: 'path' as const, d, fill: color as Ink, opacity: 0.18 },
          { kind: 'path' as const, d, stroke: color as Ink, width: 0.55 },
        ]
      : []
  })
}

/** Told apart by hue, by hatching, and the outlines by dashes. */
function changeMarks(view: View, before: LabelMap, after: LabelMap): Mark[] {
  const region = (inside: (a: number, b: number) => boolean): string =>
    outlineOf(view, (voxel) => inside(before.data[voxel]!, after.data[voxel]!))
  const area = (d: string, color: Ink, hatch: Hatch): Mark[] =>
    d
      ? [
          { kind: 'path', d, fill: color, opacity: 0.4 },
          { kind: 'path', d, fill: color, hatch },
        ]
      : []
  const line = (d: string, color: Ink, dash: readonly number[] = []): Mark[] =>
    d ? [{ kind: 'path', d, stroke: color, width: 1.1, dash }] : []
  return [
    ...area(
      region((a, b) => a !== b && a > 0 && b > 0),
      colors.changed,
      'dotted',
    ),
    ...area(
      region((a, b) => a > 0 && b === 0),
      colors.lost,
      'falling',
    ),
    ...area(
      region((a, b) => a === 0 && b > 0),
      colors.gained,
      'rising',
    ),
    ...line(
      region((_, b) => b > 0),
      colors.after,
    ),
    ...line(
      region((a) => a > 0),
      colors.before,
      [3, 2],
    ),
  ]
}

function outlineOf({ grid, place }: View, inside: (voxel: number) => boolean): string {
  const [column, row] = [place.columns[0], place.rows[0]]
  const region = {
    width: place.columns[1] - column,
    height: place.rows[1] - row,
    inside: (c: number, r: number) => inside(grid.voxel(column + c, row + r, place.index)),
  }
  return outline(region, grid.pixelMm)
}

function changedPixels({ grid, place }: View, before: LabelMap, after: LabelMap): number {
  let count = 0
  for (let r = 0; r < grid.rows; r++)
    for (let c = 0; c < grid.columns; c++) {
      const voxel = grid.voxel(c, r, place.index)
      if (before.data[voxel] !== after.data[voxel]) count++
    }
  return count
}

function caption(map: LabelMap, place: Place, slice: string, changed?: number): string {
  const position = slicePosition(map.affine, place.plane, place.index, map.shape).toFixed(1)
  const first = `${slice[0]!.toUpperCase()}${slice.slice(1)}, at ${position.replace('-', '\u2212')} mm`
  if (changed === undefined) return first
  const squareCm = (changed * pixelArea(map, place.plane)) / 100
  return `${first}; ${changed === 0 ? 'nothing changed' : `${squareCm.toFixed(1)} cm\u00b2 changed`}`
}
