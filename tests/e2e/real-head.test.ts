import { gunzipSync, unzipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunRecord } from '../../main/runs/run.ts'
import { openNifti, readLabelMap } from '../../main/volume/nifti.ts'
import type { LabelMap } from '../../main/volume/volume.ts'
import { dataFolder, withoutData } from '../data-folder.ts'
import { eventually, runFolders, startApp, until } from './app.ts'
import type { App, Window } from './app.ts'
import { browser, withoutBrowser } from './browser.ts'
import { pixelsOf } from './pixels.ts'

const head = dataFolder && join(dataFolder, 'dicom/brain_t1_philips')
/** The patient of the public scan, by name and number. */
const identity = 'd2n_Philips'
const gz = /\.gz$/

describe.skipIf(!browser || !head)(`a real head, by the mouse${withoutBrowser}${withoutData}`, () => {
  let app: App
  let window: Window
  let page: Page
  const sagittal = () => page.getByRole('slider', { name: 'Sagittal', exact: true })
  const run = (): string => runFolders(app.home).at(-1)!
  const record = (): RunRecord => JSON.parse(readFileSync(join(run(), 'run.json'), 'utf8')) as RunRecord

  beforeAll(async () => {
    app = await startApp([head!])
    window = await app.open()
    page = window.page
  })
  afterAll(async () => {
    try {
      await window.close()
    } finally {
      await app.close()
      await browser!.close()
    }
  })

  test('170 oblique slices lie as they should, under a pseudonym', async () => {
    await sagittal().waitFor()
    const viewport = page.locator('.viewport').filter({ has: sagittal() })
    const letters = ['top', 'right', 'bottom', 'left'].map((edge) => viewport.getByTestId(`letter-${edge}`).innerText())
    expect((await Promise.all(letters)).map((letter) => letter[0])).toEqual(['S', 'P', 'I', 'A'])
    expect(await sagittal().getAttribute('aria-valuemax')).toBe('170')
    // The wheel goes through the slices, away from the user to the one before.
    const before = Number(await sagittal().getAttribute('data-slice'))
    await sagittal().hover()
    await page.mouse.wheel(0, 120)
    await eventually(async () => Number(await sagittal().getAttribute('data-slice'))).toBe(before + 1)
    await page.mouse.wheel(0, -120)
    await eventually(async () => Number(await sagittal().getAttribute('data-slice'))).toBe(before)
    await window.shot('real-head')
    // The description of this study, which the screen shows, happens to be the patient's name: the pseudonym is looked for.
    expect(await page.locator('header').first().innerText()).toMatch(/P-[A-Z2-7]{6}/)
  })

  test('it is segmented; white matter has its colour where the mask file has it', { timeout: 300_000 }, async () => {
    await page.getByRole('complementary').getByRole('button', { name: 'Segment' }).click()
    await page.locator('.summary').getByText('White matter').waitFor({ timeout: 240_000 })
    await until(() => record().state === 'done', 'the source mask')
    const { volumes } = record()
    expect(volumes['White matter']!.before).toBeGreaterThan(250)
    expect(volumes['White matter']!.before).toBeLessThan(800)
    await page.getByRole('button', { name: 'Reset the view' }).click()
    await page.keyboard.press('f')
    await window.shot('real-head-segmented')

    const mask = readLabelMap(openNifti(readFileSync(join(run(), 'before.nii.gz')), 'before'))
    const k = Number(await sagittal().getAttribute('data-slice'))
    const [i, j] = insideOf(mask, 3, k)
    const { x, y, width, height } = (await sagittal().boundingBox())!
    const scale = Math.min(width, height) / 256
    const at = [x + width / 2 + (i + 0.5 - 128) * scale, y + height / 2 + (j + 0.5 - 128) * scale] as const
    const on = (await pixelsOf(page))(...at)
    await page.keyboard.press('s')
    await page.waitForTimeout(500)
    const off = (await pixelsOf(page))(...at)
    ;[0xf0, 0xe4, 0x42].forEach((value, channel) =>
      expect(Math.abs(on[channel]! - (0.65 * off[channel]! + 0.35 * value))).toBeLessThan(3),
    )
  })

  test('an export names nobody unless asked, then it holds a DICOM SEG of the study', async () => {
    const panel = page.getByRole('complementary')
    await page.getByRole('button', { name: 'Export' }).first().click()
    const make = async (): Promise<Record<string, Uint8Array>> => {
      const downloads = page.waitForEvent('download')
      await panel.getByRole('button', { name: /ZIP/ }).click()
      return unzipSync(readFileSync(await (await downloads).path()))
    }
    await panel.getByRole('checkbox', { name: 'Mask, NIfTI' }).waitFor()
    const bare = await make()
    expect(Object.keys(bare).length).toBeGreaterThan(3)
    for (const [name, bytes] of Object.entries(bare)) {
      const text = Buffer.from(gz.test(name) ? gunzipSync(bytes) : bytes).toString('latin1')
      expect(text.includes(identity), name).toBe(false)
    }
    await panel.getByRole('switch', { name: /identity/ }).click()
    const seg = panel.getByRole('checkbox', { name: 'Mask, DICOM SEG' })
    await seg.check()
    const named = Object.entries(await make()).filter(([name]) => name.endsWith('.dcm'))
    expect(named).toHaveLength(1)
    const [[, bytes]] = named as [[string, Uint8Array]]
    expect(Buffer.from(bytes).toString('latin1', 128, 132)).toBe('DICM')
    expect(Buffer.from(bytes).includes(identity)).toBe(true)
    await window.shot('export-with-identity')
  })
})

/** A voxel of a slice with only its own label around it. */
function insideOf({ shape: [ni, nj], data }: LabelMap, label: number, k: number): [number, number] {
  for (let j = 3; j < nj - 3; j++)
    for (let i = 3; i < ni - 3; i++) {
      let isInside = true
      for (let v = -3; v <= 3; v++)
        for (let u = -3; u <= 3; u++) isInside &&= data[i + u + ni * (j + v + nj * k)] === label
      if (isInside) return [i, j]
    }
  throw new Error(`no room in label ${label}`)
}
