import { direction, spacing } from '../volume/affine.ts'
import type { Affine, Grid, Vector } from '../volume/volume.ts'

export type Plane = 'axial' | 'coronal' | 'sagittal'
export const planes: readonly Plane[] = ['axial', 'coronal', 'sagittal']

/** How a plane of a volume in LPS order lies on the screen. */
export type PlaneGrid = {
  readonly columns: number
  readonly rows: number
  readonly slices: number
  /** mm of a pixel across and down. */
  readonly pixelMm: readonly [number, number]
  /** Where a pixel's value stands in the volume's data. */
  readonly voxel: (column: number, row: number, slice: number) => number
  /** Letters at the left, right, top and bottom edge. */
  readonly edges: { readonly left: string; readonly right: string; readonly top: string; readonly bottom: string }
}

/**
 * Radiological convention: the patient's left on the right of the screen, axial slices seen from the feet, the head up in
 * the other planes, anterior on the left in sagittal ones. `grid` is in LPS order (orient(volume, 'LPS')): i runs to the
 * left, j to posterior, k to the head.
 */
export function planeGrid(grid: Grid, plane: Plane): PlaneGrid {
  const [ni, nj, nk] = grid.shape
  const [si, sj, sk] = spacing(grid.affine)
  const layout = {
    axial: {
      columns: ni,
      rows: nj,
      slices: nk,
      pixelMm: [si, sj],
      voxel: (c: number, r: number, s: number) => c + ni * (r + nj * s),
    },
    coronal: {
      columns: ni,
      rows: nk,
      slices: nj,
      pixelMm: [si, sk],
      voxel: (c: number, r: number, s: number) => c + ni * (s + nj * (nk - 1 - r)),
    },
    sagittal: {
      columns: nj,
      rows: nk,
      slices: ni,
      pixelMm: [sj, sk],
      voxel: (c: number, r: number, s: number) => s + ni * (c + nj * (nk - 1 - r)),
    },
  } as const
  const across = direction(grid.affine, plane === 'sagittal' ? 1 : 0)
  const down = plane === 'axial' ? direction(grid.affine, 1) : opposite(direction(grid.affine, 2))
  const edges = {
    left: letters(opposite(across)),
    right: letters(across),
    top: letters(opposite(down)),
    bottom: letters(down),
  }
  return { ...layout[plane], edges }
}

/** Parts of a direction below this (20 degrees) are not worth a letter. */
const slight = Math.sin(Math.PI / 9)

/** What a direction points to, the strongest part first: "A", or "AL" for an oblique one. */
export function letters(world: Vector): string {
  return (
    [
      [world[0], 'L', 'R'],
      [world[1], 'P', 'A'],
      [world[2], 'S', 'I'],
    ] as const
  )
    .filter(([part]) => Math.abs(part) > slight)
    .sort(([a], [b]) => Math.abs(b) - Math.abs(a))
    .map(([part, positive, negative]) => (part > 0 ? positive : negative))
    .join('')
}

/** mm along the plane's normal of a slice's centre: to the left, to posterior or to the head of the scanner's origin. */
export function slicePosition(affine: Affine, plane: Plane, index: number, shape: Grid['shape']): number {
  const axis = { axial: 2, coronal: 1, sagittal: 0 }[plane]
  const middle = shape.map((count, n) => (n === axis ? index : (count - 1) / 2))
  return [0, 1, 2].reduce((sum, c) => sum + affine[axis * 4 + c]! * middle[c]!, affine[axis * 4 + 3]!)
}

function opposite([x, y, z]: Vector): Vector {
  return [-x, -y, -z]
}
