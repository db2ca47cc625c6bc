import { unzipSync } from 'fflate'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunRecord } from '../../main/runs/run.ts'
import { openNifti, readLabelMap } from '../../main/volume/nifti.ts'
import type { LabelMap, Vector } from '../../main/volume/volume.ts'
import { eventually, runFolders, startApp, until } from './app.ts'
import type { App, Window } from './app.ts'
import { violations } from './axe.ts'
import { browser, withoutBrowser } from './browser.ts'
import { onAxialView, pixelsOf } from './pixels.ts'

const places = ['library', 'reader', 'adapt', 'compare', 'export', 'runs', 'engine'] as const

describe.skipIf(!browser)(`the main job on the sample, by the keyboard alone${withoutBrowser}`, () => {
  let app: App
  let window: Window
  let page: Page
  const press = (...keys: string[]): Promise<void> =>
    keys.reduce((all, key) => all.then(() => page.keyboard.press(key)), Promise.resolve())
  const stage = (name: string): Locator => page.getByRole('slider', { name, exact: true })
  const panel = (): Locator => page.getByRole('complementary')
  const run = (): string => runFolders(app.home).at(-1)!
  const record = (): RunRecord => JSON.parse(readFileSync(join(run(), 'run.json'), 'utf8')) as RunRecord
  const hash = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(run(), name)))
      .digest('hex')

  /** Goes on with Tab until the focus is there. */
  async function tabTo(target: Locator): Promise<void> {
    for (let n = 0; n < 150; n++) {
      if (await target.and(page.locator(':focus')).count()) return
      await press('Tab')
    }
    throw new Error('Tab does not lead there')
  }

  beforeAll(async () => {
    app = await startApp()
    window = await app.open()
    page = window.page
  })
  // Each step needs the one before.
  let hasFailed = false
  beforeEach((context) => {
    if (hasFailed) context.skip('an earlier step failed')
    context.onTestFailed(() => void (hasFailed = true))
  })
  afterAll(async () => {
    try {
      await window.close()
    } finally {
      await app.close()
      await browser!.close()
    }
  })

  test('a first start says what to do, and every empty view what is missing', async () => {
    await page.getByRole('heading', { name: 'The same model, on another scanner' }).waitFor()
    for (const [n, place] of places.entries()) {
      await press(`Alt+${n + 1}`)
      await page.locator(`nav button[aria-current=page]`).nth(0).waitFor()
      await page.waitForTimeout(300)
      await window.shot(`empty-${place}`)
      expect(await violations(page), place).toEqual([])
    }
  })

  test('the sample opens: three planes that fit, with letters, crosshair and linked slices', async () => {
    await press('Alt+1')
    await tabTo(page.getByRole('button', { name: 'Open the sample' }))
    await press('Enter')
    await stage('Axial').waitFor()
    await eventually(() => page.title()).toBe('T1W_SE – Scanbridge')
    const letters = async (plane: string): Promise<string[]> => {
      const viewport = page.locator('.viewport').filter({ has: stage(plane) })
      return Promise.all(
        ['top', 'right', 'bottom', 'left'].map((edge) => viewport.getByTestId(`letter-${edge}`).innerText()),
      )
    }
    expect(await letters('Axial')).toEqual(['A', 'L', 'P', 'R'])
    expect(await letters('Coronal')).toEqual(['S', 'L', 'I', 'R'])
    expect(await letters('Sagittal')).toEqual(['S', 'P', 'I', 'A'])
    await window.shot('reader-scan')

    const slice = (plane: string): Promise<string | null> => stage(plane).getAttribute('data-slice')
    expect(await slice('Axial')).toBe('28')
    await press('ArrowDown')
    expect(await slice('Axial')).toBe('29')
    await press('ArrowUp', 'Control+ArrowRight', 'Control+ArrowRight', 'Control+ArrowDown')
    // The other two planes follow the crosshair, voxel by voxel.
    expect(await slice('Sagittal')).toBe('98')
    expect(await slice('Coronal')).toBe('121')
    const cross = async (): Promise<number[]> =>
      [
        await stage('Axial').getAttribute('data-crosshair-x'),
        await stage('Axial').getAttribute('data-crosshair-y'),
      ].map(Number)
    const box = (await stage('Axial').boundingBox())!
    const grid = { shape: [192, 240, 56] as Vector, affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1] }
    const [x, y] = await onAxialView(stage('Axial'), grid, [98, 121, 28])
    await eventually(async () => (await cross())[0]).toBeCloseTo(x - box.x, 0)
    expect((await cross())[1]).toBeCloseTo(y - box.y, 0)
    // The upright line has the colour of the sagittal plane: more yellow than anything grey.
    const [red, , blue] = (await pixelsOf(page))(box.x + Math.round((await cross())[0]!), box.y + box.height * 0.2)
    expect(red - blue).toBeGreaterThan(60)
    await press('Control+ArrowLeft', 'Control+ArrowLeft', 'Control+ArrowUp')
  })

  test('the source model segments it, and each label has its colour where its voxels are', async () => {
    await press('Shift+S')
    await panel().getByRole('heading', { name: 'Series' }).waitFor()
    await page.locator('.summary').getByText('Grey matter').waitFor({ timeout: 60_000 })
    await until(() => record().state === 'done', 'the source mask')
    await window.shot('reader-segmented')
    const mask = readLabelMap(openNifti(readFileSync(join(run(), 'before.nii.gz')), 'before'))
    // Without the crosshair, which could lie there.
    await press('f')
    const colors = { 1: [0x56, 0xb4, 0xe9], 2: [0xe6, 0x9f, 0x00], 3: [0xf0, 0xe4, 0x42] }
    await page.waitForTimeout(300)
    const on = await pixelsOf(page)
    await press('s')
    await page.waitForTimeout(300)
    const off = await pixelsOf(page)
    for (const [label, color] of Object.entries(colors)) {
      const [x, y] = await onAxialView(stage('Axial'), mask, middleOf(mask, Number(label), 28))
      const grey = off(x, y)
      expect(Math.max(...grey) - Math.min(...grey), 'grey without the mask').toBeLessThanOrEqual(1)
      on(x, y).forEach((value, channel) =>
        expect(Math.abs(value - (0.65 * grey[channel]! + 0.35 * color[channel]!)), `label ${label}`).toBeLessThan(3),
      )
    }
    await press('s', 'f')
  })

  test(
    'it adapts: shift first, then live progress, then a verdict with its reasons',
    { timeout: 480_000 },
    async () => {
      await press('Alt+3')
      const model = panel().getByRole('combobox', { name: 'Model' })
      await tabTo(model)
      // The arrow opens the list.
      await press('ArrowDown', 'ArrowDown', 'Enter')
      await eventually(() => model.locator('option:checked').innerText()).toContain('one scanner')
      await eventually(() => page.getByTestId('shift-check').innerText(), 60_000).toMatch(/\w+\./)
      await expect
        .poll(() => page.getByTestId('shift-check').getAttribute('aria-busy'), { timeout: 60_000 })
        .toBe('false')
      await window.shot('adapt-form')
      // Less than the preset takes, for the test's sake.
      for (const [name, value] of [
        ['Slices', '6'],
        ['Steps', '2'],
      ] as const) {
        await tabTo(panel().getByRole('textbox', { name }))
        await press('Control+a')
        await page.keyboard.type(value)
        await press('Tab')
      }
      await press('Control+Enter')
      await page.getByRole('heading', { name: 'Adapting' }).waitFor()
      await eventually(() => page.locator('[data-fact=Elapsed]').innerText()).toMatch(/\d\ss/)
      await eventually(() => page.locator('[data-fact=Step]').innerText(), 240_000).toMatch(/^\d/)
      await window.shot('adapt-running')
      await page.getByTestId('verdict').waitFor({ timeout: 240_000 })
      await window.shot('adapt-verdict')
      const { state, kept, guard, reference } = record()
      expect(state).toBe('done')
      expect(await page.getByTestId('verdict').innerText()).toContain(
        kept === 'source' ? 'source' : 'accepts the adaptation',
      )
      for (const reason of guard.reasons) expect(await panel().innerText()).toContain(reason)
      expect(reference!.after['Grey matter']!.dice).toBeGreaterThan(0.8)
      expect(hash('mask.nii.gz')).toBe(hash(maskOf(kept)))
    },
  )

  test('it compares: before and after, the change, the slices that changed most', async () => {
    await press('Alt+4')
    await stage('Axial, after').waitFor()
    await window.shot('compare-beside')
    expect(await stage('Axial, before').getAttribute('data-slice')).toBe(
      await stage('Axial, after').getAttribute('data-slice'),
    )
    const ranked = panel()
      .getByRole('listitem')
      .getByRole('button', { name: /^Slice \d+/ })
      .first()
    await ranked.waitFor()
    const most = Number(/Slice (\d+)/.exec(await ranked.innerText())![1])
    await press('n')
    await eventually(async () => Number(await stage('Axial, after').getAttribute('data-slice'))).not.toBeNaN()
    await tabTo(ranked)
    await press('Enter')
    await eventually(() => stage('Axial, after').getAttribute('data-slice')).toBe(String(most - 1))
    for (const mode of ['swipe', 'flip', 'change']) {
      await press('k')
      await page.waitForTimeout(300)
      await window.shot(`compare-${mode}`)
    }
    await press('k')
  })

  test('each decision is on disk at once, on record, and can be undone and made again', async () => {
    const { kept } = record()
    if (kept === 'source') return
    await press('Shift+R')
    await eventually(() => record().kept).toBe('source')
    await until(() => hash('mask.nii.gz') === hash('before.nii.gz'), 'the source mask')
    await eventually(() => panel().innerText()).toMatch(/Kept: the source/)
    expect(await page.title()).toMatch(/^● /)
    await window.shot('compare-rolled-back')
    await press('Control+z')
    await eventually(() => record().kept).toBe(kept)
    await eventually(() => panel().getByRole('button', { name: 'Redo' }).isEnabled()).toBe(true)
    await press('Control+y')
    await eventually(() => record().kept).toBe('source')
    await eventually(() => panel().innerText()).toMatch(/Kept: the source/)
    await press('Control+z')
    await eventually(() => record().kept).toBe(kept)
    await until(() => hash('mask.nii.gz') === hash(maskOf(kept)), 'the adapted mask')
    const events = record().history.map(({ event }) => event)
    expect(events.length).toBeGreaterThanOrEqual(4)
    expect(events.slice(0, 2)).toEqual(['created', 'kept'])
  })

  test('it exports: the kept mask byte for byte, the report, the model, and no identity', async () => {
    await press('Alt+5')
    await panel().getByRole('checkbox', { name: 'Adapted model' }).waitFor()
    const downloads = page.waitForEvent('download')
    await press('Control+e')
    const download = await downloads
    expect(download.suggestedFilename()).toMatch(/\.zip$/)
    const files = unzipSync(readFileSync(await download.path()))
    const named = (pattern: RegExp): Uint8Array => {
      const name = Object.keys(files).find((one) => pattern.test(one))
      expect(name, `${pattern} among ${Object.keys(files).join(', ')}`).toBeDefined()
      return files[name!]!
    }
    expect(Buffer.from(named(/mask\.nii\.gz$/)).equals(readFileSync(join(run(), 'mask.nii.gz')))).toBe(true)
    expect(Buffer.from(named(/\.html$/)).toString()).toContain('Scanbridge')
    expect(Buffer.from(named(/\.pdf$/)).toString('latin1')).toMatch(/^%PDF/)
    named(/\.onnx$/)
    named(/report\.json$/)
    named(/report\.csv$/)
    expect(Object.keys(files).some((name) => name.endsWith('.dcm'))).toBe(false)
    await panel().getByText(/\.zip/).first().waitFor()
    await window.shot('export-made')
  })

  test('nothing that axe knows is wrong in any view, dark or light, and nothing is cut off at 1280 x 800', async () => {
    const found: string[] = []
    for (const theme of ['dark', 'light']) {
      for (const [n, place] of places.entries()) {
        await press(`Alt+${n + 1}`)
        await page.waitForTimeout(600)
        await window.shot(`${theme}-${place}`)
        found.push(...(await violations(page)).map((text) => `${theme} ${place}: ${text}`))
      }
      await page.setViewportSize({ width: 1280, height: 800 })
      for (const [n, place] of places.entries()) {
        await press(`Alt+${n + 1}`)
        await page.waitForTimeout(300)
        await window.shot(`small-${theme}-${place}`)
        const [inner, outer] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, innerWidth]',
        )
        expect(inner, place).toBeLessThanOrEqual(outer)
      }
      await page.setViewportSize({ width: 1440, height: 900 })
      await press('Control+Shift+D')
    }
    expect(found).toEqual([])
  })

  test('a reload is where it was, and a second window shows the same', async () => {
    await press('Alt+4')
    await stage('Axial, after').waitFor()
    await page.reload()
    await stage('Axial, after').waitFor()
    expect(await page.locator('nav button[aria-current=page]').innerText()).toBe('Compare')
    const second = await app.open({ width: 3840, height: 2160 })
    await second.page.keyboard.press('Alt+6')
    await second.page.getByRole('heading', { name: 'Runs' }).waitFor()
    expect(await second.page.getByRole('row').count()).toBeGreaterThanOrEqual(3)
    await second.shot('runs-4k')
    await second.close()
  })
})

/** Where a run folder holds the mask of what was kept: the guard may take an earlier step than the last. */
function maskOf(kept: 'source' | number): string {
  return kept === 'source' ? 'before.nii.gz' : `checkpoints/${String(kept).padStart(4, '0')}.nii.gz`
}

/** A voxel of the slice with nothing but its own label around it, the farther from others the better. */
function middleOf({ shape: [ni, nj], data }: LabelMap, label: number, k: number): Vector {
  for (let reach = 6; reach >= 2; reach--)
    for (let j = reach; j < nj - reach; j++)
      for (let i = reach; i < ni - reach; i++) {
        const isInside = (): boolean => {
          for (let v = -reach; v <= reach; v++)
            for (let u = -reach; u <= reach; u++) if (data[i + u + ni * (j + v + nj * k)] !== label) return false
          return true
        }
        if (isInside()) return [i, j, k]
      }
  throw new Error(`no room in label ${label}`)
}
