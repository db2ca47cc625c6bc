import { toSpacing } from '../../main/volume/resample.ts'
import type { Vector, Volume } from '../../main/volume/volume.ts'
import { labelCentre } from '../../fixtures/anatomy.ts'
import type { Anatomy } from '../../fixtures/anatomy.ts'

/** An anatomy on a coarser grid. Labels are what fills most of a voxel; a labelled voxel holds brain tissue only, as in
 *  the full-size anatomies. */
export function compactAnatomy(anatomy: Anatomy, spacingMm: number): Anatomy {
  const step: Vector = [spacingMm, spacingMm, spacingMm]
  const coarser = (data: Float32Array): Volume =>
    toSpacing({ shape: anatomy.shape, affine: anatomy.affine, data }, step)
  const shares = [0, 1, 2, 3].map((label) =>
    coarser(Float32Array.from(anatomy.labels, (value) => (value === label ? 1 : 0))),
  )
  const [grid] = shares as [Volume]
  const labels = new Uint8Array(grid.data.length).map((_, voxel) => {
    const share = shares.map(({ data }) => data[voxel]!)
    return share.indexOf(Math.max(...share))
  })
  const parts = anatomy.partialVolumes.map((part) => coarser(Float32Array.from(part)).data)
  const [, csf, grey, white, fat, muscle] = parts
  const brain = (part: Float32Array): Uint8Array =>
    Uint8Array.from(part, (value, voxel) =>
      labels[voxel] ? Math.round((255 * value) / (csf![voxel]! + grey![voxel]! + white![voxel]!)) : 0,
    )
  const around = (part: Float32Array): Uint8Array =>
    Uint8Array.from(part, (value, voxel) => (labels[voxel] ? 0 : Math.round(value)))
  const solid = [brain(csf!), brain(grey!), brain(white!), around(fat!), around(muscle!)]
  const air = labels.map((_, voxel) => Math.max(0, 255 - solid.reduce((sum, part) => sum + part[voxel]!, 0)))
  const { shape, affine } = grid
  return {
    name: anatomy.name,
    shape,
    affine,
    labels,
    partialVolumes: [air, ...solid],
    centre: labelCentre(labels, shape),
  }
}
