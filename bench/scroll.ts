import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CDPSession, Page } from 'playwright-core'
import { simulate } from '../fixtures/simulate.ts'
import { openNifti, readVolume, writeNifti } from '../main/volume/nifti.ts'
import { resample } from '../main/volume/resample.ts'
import type { Volume } from '../main/volume/volume.ts'
import { startApp } from '../tests/e2e/app.ts'
import { browser, withoutBrowser } from '../tests/e2e/browser.ts'

const cli = join(import.meta.dirname, '../main/cli/main.ts')
const shape = [512, 512, 300] as const
const scrolls = 200

/** Scrolling in Chromium, in ms: the work of the page's main thread for one slice, and the time from the wheel to the next
 *  frame. A scan of 512 x 512 x 300, three linked planes, masks as fill and outline, crosshair, letters, texts. */
export async function scrollFigures(): Promise<Record<string, unknown>> {
  if (!browser) return { notRun: withoutBrowser.trim() }
  const place = mkdtempSync(join(tmpdir(), 'scanbridge-scroll-'))
  try {
    const app = await startApp([await largeScan(place)])
    try {
      const { page, close } = await app.open()
      await page.getByRole('slider', { name: 'Axial', exact: true }).waitFor({ timeout: 120_000 })
      await page.keyboard.press('Shift+S')
      await page.locator('.summary').getByText('Grey matter').waitFor({ timeout: 300_000 })
      const figures = await scroll(page)
      await close()
      return { shape, scrolls, ...figures }
    } finally {
      await app.close()
    }
  } finally {
    await browser.close()
    rmSync(place, { recursive: true, force: true })
  }
}

async function scroll(page: Page): Promise<Record<string, number>> {
  const stage = page.getByRole('slider', { name: 'Axial', exact: true })
  const { x, y, width, height } = (await stage.boundingBox())!
  await page.mouse.move(x + width / 2, y + height / 2)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const first = await stage.getAttribute('data-slice')
  const nextFrame = (): Promise<void> =>
    page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  /** CPU time of the main thread for what is done and two frames. */
  const measured = async (act: () => Promise<void>): Promise<number> => {
    const before = await busyMs(devtools)
    await act()
    await nextFrame()
    return (await busyMs(devtools)) - before
  }
  const [work, nothing, latency]: [number[], number[], number[]] = [[], [], []]
  for (let n = 0; n < scrolls + 10; n++) {
    const idle = await measured(() => Promise.resolve())
    const began = performance.now()
    // There and back over the middle, where the masks are.
    const busy = await measured(() => page.mouse.wheel(0, Math.floor(n / 50) % 2 === 0 ? 120 : -120))
    // The first ones compile.
    if (n < 10) continue
    latency.push(performance.now() - began)
    work.push(busy)
    nothing.push(idle)
  }
  if ((await stage.getAttribute('data-slice')) === first) throw new Error('The wheel did not scroll.')
  return {
    frameWorkMedian: at(work, 0.5),
    frameWorkP95: at(work, 0.95),
    // Of that, what measuring takes.
    measuringMedian: at(nothing, 0.5),
    wheelToFrameP95: at(latency, 0.95),
  }
}

/** CPU time of the page's main thread so far; asking for it takes some, too. */
async function busyMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(10 * sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!) / 10
}

/** A simulated head, interpolated. */
async function largeScan(place: string): Promise<string> {
  const { dicom } = simulate({ scanner: 'se-t1', subject: 3900, out: join(place, 'head') })
  const small = join(place, 'small.nii.gz')
  const { series } = await command<{ series: { seriesUid: string }[] }>('index', dicom)
  await command('convert', dicom, '--series', series[0]!.seriesUid, '--out', small)
  const { volume } = readVolume(openNifti(readFileSync(small), small))
  const path = join(place, 'large.nii')
  writeFileSync(path, writeNifti(enlarge(volume), { gzip: false }))
  return path
}

async function command<T>(...args: string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args, '--json'], { maxBuffer: 2 ** 26 })
  return JSON.parse(stdout) as T
}

/** The same box with more voxels, whole numbers as a scanner stores them. */
function enlarge(volume: Volume): Volume {
  const factor = shape.map((n, axis) => volume.shape[axis]! / n)
  const affine = volume.affine.map((value, at) => (at < 12 && at % 4 < 3 ? value * factor[at % 4]! : value))
  const large = resample(volume, { shape, affine })
  return { ...large, data: large.data.map(Math.round) }
}

if (import.meta.main) console.log(JSON.stringify(await scrollFigures(), null, 2))
