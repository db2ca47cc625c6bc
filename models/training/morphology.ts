import { voxelCount } from '../../main/volume/volume.ts'
import type { Shape } from '../../main/volume/volume.ts'

/** Calls `visit` with the index of the first voxel of each line along an axis; voxels of it are `stride` apart. */
function eachLine(shape: Shape, axis: number, visit: (start: number, stride: number) => void): void {
  const strides = [1, shape[0], shape[0] * shape[1]]
  const [first, second] = [0, 1, 2].filter((other) => other !== axis) as [number, number]
  for (let b = 0; b < shape[second]!; b++)
    for (let a = 0; a < shape[first]!; a++) visit(a * strides[first]! + b * strides[second]!, strides[axis]!)
}

/** Gaussian smoothing, sigma in voxels, mirrored at the edges, kernel cut at 4 sigma (as scipy's gaussian_filter). */
export function smooth(data: Float32Array, shape: Shape, sigma: number): Float32Array {
  const radius = Math.floor(4 * sigma + 0.5)
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, n) => Math.exp(-0.5 * ((n - radius) / sigma) ** 2))
  const total = weights.reduce((a, b) => a + b, 0)
  let out = data
  for (const axis of [0, 1, 2]) {
    const length = shape[axis]!
    const padded = new Float64Array(length + 2 * radius)
    const input = out
    const next = new Float32Array(data.length)
    eachLine(shape, axis, (start, stride) => {
      for (let n = -radius; n < length + radius; n++) {
        const wrapped = ((n % (2 * length)) + 2 * length) % (2 * length)
        const source = wrapped < length ? wrapped : 2 * length - 1 - wrapped
        padded[n + radius] = input[start + source * stride]!
      }
      for (let n = 0; n < length; n++) {
        let sum = 0
        for (let w = 0; w < weights.length; w++) sum += weights[w]! * padded[n + w]!
        next[start + n * stride] = sum / total
      }
    })
    out = next
  }
  return out
}

/** Each voxel becomes the least (erode) or the greatest (dilate) of itself and its six neighbours; outside counts as 0. */
function spread(mask: Uint8Array, shape: Shape, erode: boolean): Uint8Array {
  const out = mask.slice()
  for (const axis of [0, 1, 2])
    eachLine(shape, axis, (start, stride) => {
      const last = shape[axis]! - 1
      for (let n = 0, at = start; n <= last; n++, at += stride) {
        const before = n > 0 ? mask[at - stride]! : 0
        const after = n < last ? mask[at + stride]! : 0
        if (erode) out[at] = Math.min(out[at]!, before, after)
        else out[at] = Math.max(out[at]!, before, after)
      }
    })
  return out
}

export function erode(mask: Uint8Array, shape: Shape, times = 1): Uint8Array {
  let out = mask
  for (let n = 0; n < times; n++) out = spread(out, shape, true)
  return out
}

export function dilate(mask: Uint8Array, shape: Shape, times = 1): Uint8Array {
  let out = mask
  for (let n = 0; n < times; n++) out = spread(out, shape, false)
  return out
}

/** Background that cannot be reached from the edge by steps between faces becomes foreground. */
export function fillHoles(mask: Uint8Array, shape: Shape): Uint8Array {
  const [ni, nj, nk] = shape
  const outside = new Uint8Array(mask.length)
  const queue = new Int32Array(voxelCount(shape))
  let tail = 0
  const reach = (voxel: number): void => {
    if (mask[voxel] || outside[voxel]) return
    outside[voxel] = 1
    queue[tail++] = voxel
  }
  for (const axis of [0, 1, 2])
    eachLine(shape, axis, (start, stride) => {
      reach(start)
      reach(start + (shape[axis]! - 1) * stride)
    })
  for (let head = 0; head < tail; head++) {
    const voxel = queue[head]!
    const i = voxel % ni,
      j = Math.floor(voxel / ni) % nj,
      k = Math.floor(voxel / (ni * nj))
    if (i > 0) reach(voxel - 1)
    if (i < ni - 1) reach(voxel + 1)
    if (j > 0) reach(voxel - ni)
    if (j < nj - 1) reach(voxel + ni)
    if (k > 0) reach(voxel - ni * nj)
    if (k < nk - 1) reach(voxel + ni * nj)
  }
  return outside.map((value) => 1 - value)
}
