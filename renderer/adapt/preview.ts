/** The live preview of a step on a canvas: grey picture, labels filled lightly and outlined. */
import type { Frame } from '../../main/contract/contract.ts'
import type { Label, PreviewHeader } from '../../main/contract/schemas.ts'
import { traceContours } from '../lib/contours.ts'

/** Canvas pixels for a preview's pixel: lines stay thin. */
const scale = 3

/** Grey bytes first, then as many label bytes. */
export function drawPreview(
  canvas: HTMLCanvasElement,
  { header, bytes }: Frame<PreviewHeader>,
  labels: readonly Label[],
): void {
  const { width, height, pixelAspect } = header
  const tall = pixelAspect * scale
  canvas.width = width * scale
  canvas.height = Math.round(height * tall)
  const context = canvas.getContext('2d')!
  context.drawImage(greyPicture(width, height, bytes), 0, 0, canvas.width, canvas.height)
  context.setTransform(scale, 0, 0, tall, 0, 0)
  const colors = new Map(labels.map(({ value, color }) => [value, color]))
  const paths = labelPaths(bytes.subarray(width * height), width, height)
  for (const [label, path] of paths) {
    context.fillStyle = colors.get(label) ?? '#fff'
    context.globalAlpha = 0.25
    context.fill(path, 'evenodd')
    context.globalAlpha = 1
    context.strokeStyle = context.fillStyle
    context.lineWidth = 1.5 / scale
    context.stroke(path)
  }
}

function greyPicture(width: number, height: number, grey: Uint8Array): OffscreenCanvas {
  const picture = new OffscreenCanvas(width, height)
  const image = new ImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  for (let at = 0; at < pixels.length; at++) pixels[at] = 0xff000000 | (grey[at]! * 0x010101)
  picture.getContext('2d')!.putImageData(image, 0, 0)
  return picture
}

function labelPaths(labels: Uint8Array, width: number, height: number): Map<number, Path2D> {
  const paths = new Map<number, Path2D>()
  for (const { label, points } of traceContours(labels, width, height)) {
    const path = paths.get(label) ?? new Path2D()
    paths.set(label, path)
    for (let n = 0; n < points.length; n += 2)
      if (n === 0) path.moveTo(points[0]!, points[1]!)
      else path.lineTo(points[n]!, points[n + 1]!)
    path.closePath()
  }
  return paths
}
