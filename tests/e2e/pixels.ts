import { decode } from 'fast-png'
import type { Locator, Page } from 'playwright-core'
import type { Grid, Vector } from '../../main/volume/volume.ts'

type Rgb = readonly [number, number, number]

/** What is on screen: colours by the window's pixels. */
export async function pixelsOf(page: Page): Promise<(x: number, y: number) => Rgb> {
  const { width, data, channels } = decode(await page.screenshot())
  return (x, y) => {
    const at = (Math.floor(y) * width + Math.floor(x)) * channels
    return [data[at]!, data[at + 1]!, data[at + 2]!]
  }
}

/** Where the middle of a voxel is on the screen, in an axial view that fits its viewport, the patient's left at the right. For
 *  scans whose rows and columns lie along the patient's axes. */
export async function onAxialView(stage: Locator, { shape, affine }: Grid, [i, j]: Vector): Promise<[number, number]> {
  const box = (await stage.boundingBox())!
  const sizes = [shape[0] * Math.abs(affine[0]!), shape[1] * Math.abs(affine[5]!)] as const
  const scale = Math.min(box.width / sizes[0], box.height / sizes[1])
  // World x grows to the patient's left, y to the back.
  const share = (index: number, n: number, step: number): number => ((step > 0 ? index : n - 1 - index) + 0.5) / n - 0.5
  return [
    box.x + box.width / 2 + share(i, shape[0], affine[0]!) * sizes[0] * scale,
    box.y + box.height / 2 + share(j, shape[1], affine[5]!) * sizes[1] * scale,
  ]
}
