/** Small grey pictures of a run: of its folder, and of the step at work. */
import { decode } from 'fast-png'
import type { StepPreview } from '../adapt/previews.ts'
import type { Frame } from '../contract/contract.ts'
import type { PictureHeader, PreviewHeader } from '../contract/schemas.ts'
import type { ModelStudy } from '../predict/study.ts'
import { planeGrid } from '../report/planes.ts'
import { readRunFile } from '../runs/files.ts'
import { crop } from '../volume/crop.ts'
import { percentile } from '../volume/intensity.ts'
import { orient } from '../volume/orient.ts'
import type { Volume } from '../volume/volume.ts'

const thumbnailWidth = 160

/** The first axial picture of the run's reports, made small; undefined where it has none. */
export async function runThumbnail(folder: string): Promise<Frame<PictureHeader> | undefined> {
  const index = await readRunFile(folder, 'pictures/pictures.json')
  const first = index && /"(axial-\d+\.png)"/.exec(new TextDecoder().decode(index))?.[1]
  const png = first && (await readRunFile(folder, `pictures/${first}`))
  if (!png) return undefined
  const { width, height, data } = decode(png)
  const times = Math.ceil(width / thumbnailWidth)
  const [w, h] = [Math.floor(width / times), Math.floor(height / times)]
  const bytes = new Uint8Array(w * h)
  for (let n = 0; n < bytes.length; n++) {
    const [x, y] = [(n % w) * times, Math.floor(n / w) * times]
    let sum = 0
    for (let dy = 0; dy < times; dy++) for (let dx = 0; dx < times; dx++) sum += data[(y + dy) * width + x + dx]!
    bytes[n] = Math.round(sum / times ** 2)
  }
  return { header: { width: w, height: h, pixelAspect: 1 }, bytes }
}

/**
 * A preview as a picture in radiological convention, padding left out: grey bytes, then the values of the labels.
 * values: by class of the network, background first.
 */
export function drawPreview(
  { step, slice, intensity, labels }: StepPreview,
  study: ModelStudy,
  values: readonly number[],
): Frame<PreviewHeader> {
  const { shape, affine } = study.volume
  const grid = { shape: [shape[0], shape[1], 1] as const, affine }
  const [i, j] = study.valid
  const inside = (volume: Volume): Volume => orient(crop(volume, [i, j, [0, 1]]), 'LPS')
  const grey = inside({ ...grid, data: intensity })
  const mask = inside({ ...grid, data: Float32Array.from(labels, (label) => values[label]!) })
  const plane = (['sagittal', 'coronal', 'axial'] as const)[grey.shape.indexOf(1)]!
  const { columns, rows, pixelMm, voxel } = planeGrid(grey, plane)
  const [low, high] = [percentile(grey.data, 2), percentile(grey.data, 99.5)]
  const bytes = new Uint8ClampedArray(2 * columns * rows)
  for (let n = 0; n < columns * rows; n++) {
    const at = voxel(n % columns, Math.floor(n / columns), 0)
    bytes[n] = (255 * (grey.data[at]! - low)) / Math.max(high - low, 1e-6)
    bytes[columns * rows + n] = mask.data[at]!
  }
  const header = { width: columns, height: rows, pixelAspect: pixelMm[1] / pixelMm[0], step, slice }
  return { header, bytes: new Uint8Array(bytes.buffer) }
}
