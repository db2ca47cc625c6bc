import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ballNifti } from '../threshold-model.ts'
import { closeAll, startApp } from './app.ts'
import type { App, Window } from './app.ts'
import { violations } from './axe.ts'
import { browser, withoutBrowser } from './browser.ts'

const place = mkdtempSync(join(tmpdir(), 'scanbridge-e2e-data-'))

/** Drops files as a file manager does. */
async function drop(page: Page, files: Record<string, Uint8Array>): Promise<void> {
  const encoded = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])
  await page.evaluate(`{
    const data = new DataTransfer()
    for (const [name, text] of ${JSON.stringify(encoded)})
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name))
    for (const type of ['dragenter', 'dragover', 'drop'])
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
  }`)
}

describe.skipIf(!browser)(`ways to open a scan${withoutBrowser}`, () => {
  let app: App
  let window: Window
  let page: Page
  const axial = () => page.getByRole('slider', { name: 'Axial', exact: true })

  beforeAll(async () => {
    mkdirSync(join(place, 'scans', 'empty'), { recursive: true })
    writeFileSync(join(place, 'scans', 'chosen.nii.gz'), ballNifti().scan)
    app = await startApp(['--root', join(place, 'scans')])
    window = await app.open()
    page = window.page
    await page.getByRole('button', { name: 'Open the sample' }).waitFor()
  })
  afterAll(() => closeAll(window, app, place))

  test('a dropped file goes through an upload to the screen', async () => {
    await drop(page, { 'dropped.nii.gz': ballNifti().scan })
    await axial().waitFor()
    await window.shot('dropped')
  })

  test('what cannot be read is told in a sentence with a remedy, and the window goes on', async () => {
    await page.keyboard.press('Alt+1')
    await drop(page, { 'broken.dcm': new TextEncoder().encode('no DICOM at all'.repeat(40)) })
    const notice = page.getByTestId('notices').getByText(/broken\.dcm/)
    await notice.first().waitFor()
    await window.shot('bad-file')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Alt+2')
    await axial().waitFor()
  })

  test('the chooser shows the folders it may, and opens what is chosen in it', async () => {
    await page.keyboard.press('Alt+1')
    await page.keyboard.press('Control+Shift+O')
    const chooser = page.getByTestId('folder-browser')
    await chooser.getByRole('option').first().waitFor()
    expect(await violations(page)).toEqual([])
    await window.shot('chooser')
    await chooser.getByRole('option').filter({ hasText: 'scans' }).last().dblclick()
    await chooser.getByRole('option').filter({ hasText: 'chosen.nii.gz' }).click()
    await chooser.getByRole('button', { name: /^Open/ }).click()
    await axial().waitFor()
    await page.keyboard.press('Alt+1')
    await page.getByRole('region', { name: 'Open scans' }).getByText('chosen.nii.gz').first().waitFor()
    expect(readFileSync(join(place, 'scans', 'chosen.nii.gz')).equals(Buffer.from(ballNifti().scan))).toBe(true)
  })
})
