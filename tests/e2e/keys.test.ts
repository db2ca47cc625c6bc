import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ballNifti } from '../threshold-model.ts'
import { closeAll, eventually, startApp } from './app.ts'
import type { App, Window } from './app.ts'
import { browser, withoutBrowser } from './browser.ts'
import { pixelsOf } from './pixels.ts'

const place = mkdtempSync(join(tmpdir(), 'scanbridge-e2e-data-'))

describe.skipIf(!browser)(`the reader's keys${withoutBrowser}`, () => {
  let app: App
  let window: Window
  let page: Page
  const axial = (): Locator => page.getByRole('slider', { name: 'Axial', exact: true })
  const viewport = (): Locator => page.locator('.viewport').filter({ has: axial() })
  const slice = async (): Promise<number> => Number(await axial().getAttribute('data-slice'))
  const letters = async (): Promise<string> =>
    (
      await Promise.all(
        ['top', 'right', 'bottom', 'left'].map((edge) => viewport().getByTestId(`letter-${edge}`).innerText()),
      )
    ).join('')
  const zoom = (): Promise<string> => viewport().locator('.bottom.right').innerText()
  const middleGrey = async (): Promise<number> => {
    const { x, y, width, height } = (await axial().boundingBox())!
    return (await pixelsOf(page))(x + width / 2 + 20, y + height / 2 + 20)[0]
  }
  const press = (key: string): Promise<void> => page.keyboard.press(key)

  beforeAll(async () => {
    writeFileSync(join(place, 'ball.nii.gz'), ballNifti().scan)
    app = await startApp([join(place, 'ball.nii.gz')])
    window = await app.open()
    page = window.page
    await axial().waitFor()
    await press('Alt+2')
    await axial().waitFor()
  })
  afterAll(() => closeAll(window, app, place))

  test('go through the slices', async () => {
    const count = Number(await axial().getAttribute('aria-valuemax'))
    const middle = await slice()
    for (const [key, expected] of [
      ['ArrowDown', middle + 1],
      ['ArrowUp', middle],
      ['Shift+ArrowDown', Math.min(middle + 10, count - 1)],
      ['Home', 0],
      ['End', count - 1],
    ] as const) {
      await press(key)
      await eventually(slice).toBe(expected)
    }
    await press('Home')
    await press('c')
    await eventually(slice).toBeGreaterThan(0)
    await press('Escape')
  })

  test('turn, flip, zoom, invert and reset the picture', async () => {
    const [top, right, bottom, left] = await letters()
    await press('r')
    await eventually(letters).toBe(`${left}${top}${right}${bottom}`)
    await press('l')
    await eventually(letters).toBe(`${top}${right}${bottom}${left}`)
    await press('h')
    await eventually(letters).toBe(`${top}${left}${bottom}${right}`)
    await press('v')
    await eventually(letters).toBe(`${bottom}${left}${top}${right}`)
    await press('+')
    await eventually(zoom).toContain('120 %')
    await press('-')
    await eventually(zoom).toContain('100 %')
    await press('+')
    await press('=')
    await eventually(zoom).toContain('100 %')
    const grey = await middleGrey()
    await press('i')
    await eventually(middleGrey).not.toBe(grey)
    await press('Space')
    await eventually(letters).toBe(`${top}${right}${bottom}${left}`)
    await eventually(middleGrey).toBe(grey)
  })

  test('change what is shown, and which viewport has the focus is seen', async () => {
    const text = page.getByTestId('slice-text')
    expect(await text.count()).toBe(3)
    await press('t')
    await eventually(() => text.count()).toBe(0)
    await press('t')
    await press('m')
    await eventually(() => text.count()).toBe(1)
    await press('Escape')
    await eventually(() => text.count()).toBe(3)
    await press('.')
    await press(',')
    await eventually(() => text.count()).toBe(3)
    await press('f')
    await eventually(() => axial().getAttribute('data-crosshair-x')).toBeNull()
    await press('f')
    await eventually(() => axial().getAttribute('data-crosshair-x')).not.toBeNull()
    await page.keyboard.down('z')
    await eventually(() => axial().getAttribute('data-tool')).toBe('zoom')
    await page.keyboard.up('z')
    await eventually(() => axial().getAttribute('data-tool')).toBe('window')
    await page.getByRole('button', { name: 'Reset the view' }).focus()
    for (let n = 0; n < 30 && !(await axial().and(page.locator(':focus-visible')).count()); n++) await press('Tab')
    const ring = await page.evaluate(
      "getComputedStyle(document.activeElement.closest('.viewport'), '::after').borderTopWidth",
    )
    expect(ring).toBe('2px')
  })

  test('are listed by F1, and do nothing while one types', async () => {
    await press('F1')
    await page.getByText('Find an action or key').waitFor({ state: 'attached' })
    await press('/')
    await page.keyboard.type('invert')
    await eventually(() => page.getByText('Flip left to right').count()).toBe(0)
    expect(await page.getByText('Invert', { exact: true }).count()).toBe(1)
    await press('Escape')
    await press('Alt+2')
    await axial().waitFor()
  })
})
