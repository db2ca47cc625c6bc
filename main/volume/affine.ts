import type { Affine, Vector } from './volume.ts'

export const identity: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

const at = (m: Affine, row: number, column: number): number => m[row * 4 + column]!

/** a after b: apply(compose(a, b), p) = apply(a, apply(b, p)). */
export function compose(a: Affine, b: Affine): Affine {
  const out: number[] = []
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++)
      out.push(
        at(a, r, 0) * at(b, 0, c) + at(a, r, 1) * at(b, 1, c) + at(a, r, 2) * at(b, 2, c) + at(a, r, 3) * at(b, 3, c),
      )
  return out
}

export function apply(m: Affine, p: Vector): Vector {
  const row = (r: number): number => at(m, r, 0) * p[0] + at(m, r, 1) * p[1] + at(m, r, 2) * p[2] + at(m, r, 3)
  return [row(0), row(1), row(2)]
}

/** Throws on a singular matrix: a grid without volume is a bug of whoever made it. */
export function invert(m: Affine): Affine {
  const [a, b, c, d, e, f, g, h, i] = [
    at(m, 0, 0),
    at(m, 0, 1),
    at(m, 0, 2),
    at(m, 1, 0),
    at(m, 1, 1),
    at(m, 1, 2),
    at(m, 2, 0),
    at(m, 2, 1),
    at(m, 2, 2),
  ]
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  if (!(Math.abs(determinant) > 1e-12)) throw new Error('affine is singular')
  const inverse = [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ].map((x) => x / determinant)
  const t: Vector = [at(m, 0, 3), at(m, 1, 3), at(m, 2, 3)]
  const rows = [0, 1, 2].map((r) => {
    const [x, y, z] = [inverse[r * 3]!, inverse[r * 3 + 1]!, inverse[r * 3 + 2]!]
    return [x, y, z, -(x * t[0] + y * t[1] + z * t[2])]
  })
  return [...rows.flat(), 0, 0, 0, 1]
}

/** From the unit directions of i, j, k, the spacing along them (mm) and the centre of voxel (0, 0, 0). */
export function fromParts(directions: readonly [Vector, Vector, Vector], spacing: Vector, origin: Vector): Affine {
  const row = (r: 0 | 1 | 2): number[] => [
    ...directions.map((direction, axis) => direction[r] * spacing[axis]!),
    origin[r],
  ]
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1]
}

/** Millimetres between neighbours along i, j, k. */
export function spacing(m: Affine): Vector {
  const column = (c: number): number => Math.hypot(at(m, 0, c), at(m, 1, c), at(m, 2, c))
  return [column(0), column(1), column(2)]
}

/** Unit world direction of an index axis. */
export function direction(m: Affine, axis: 0 | 1 | 2): Vector {
  const length = spacing(m)[axis]
  return [at(m, 0, axis) / length, at(m, 1, axis) / length, at(m, 2, axis) / length]
}

export function origin(m: Affine): Vector {
  return [at(m, 0, 3), at(m, 1, 3), at(m, 2, 3)]
}
