import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunRecord } from '../../main/runs/run.ts'
import { saveThresholdModel } from '../threshold-model.ts'
import { writeTwoSeries } from '../two-series.ts'
import { closeAll, eventually, runFolders, startApp } from './app.ts'
import type { App, Window } from './app.ts'
import { violations } from './axe.ts'
import { browser, withoutBrowser } from './browser.ts'

const place = mkdtempSync(join(tmpdir(), 'scanbridge-e2e-data-'))

describe.skipIf(!browser)(`two series of a study${withoutBrowser}`, () => {
  let app: App
  let window: Window
  let page: Page
  const panel = () => page.getByRole('complementary')
  const others = () => panel().getByRole('group', { name: 'Adapt together with' })
  const told = () => panel().getByTestId('other-series')
  const record = (): RunRecord =>
    JSON.parse(readFileSync(join(runFolders(app.home).at(-1)!, 'run.json'), 'utf8')) as RunRecord

  async function adapt(): Promise<void> {
    for (const [name, value] of [
      ['Steps', '2'],
      ['Slices', '6'],
    ] as const)
      // prettier-ignore
      await panel().getByRole('textbox', { name, exact: true }).fill(value)
    await panel().locator('summary', { hasText: 'More' }).click()
    // This model is steady on the ball, so that there would be nothing to train.
    await panel().getByRole('textbox', { name: 'Gate', exact: true }).fill('1')
    await page.keyboard.press('Control+Enter')
    await page.getByTestId('verdict').waitFor({ timeout: 120_000 })
  }

  beforeAll(async () => {
    writeTwoSeries(join(place, 'study'))
    await saveThresholdModel(join(place, 'models', 'threshold'))
    const settings = { model: 'threshold', method: 'consistency' }
    app = await startApp([join(place, 'study')], { models: join(place, 'models'), settings })
    window = await app.open()
    page = window.page
    await page.getByTestId('series').nth(1).waitFor()
    await page.getByTestId('series').first().getByRole('button').first().click()
    await page.getByRole('slider', { name: 'Axial', exact: true }).waitFor()
    await page.keyboard.press('Alt+3')
    await others().waitFor()
  })
  afterAll(() => closeAll(window, app, place))

  test('only a method that can adapt to several offers them', async () => {
    expect(await others().getByRole('checkbox').count()).toBe(1)
    expect(await violations(page)).toEqual([])
    await panel().getByRole('button', { name: /other methods$/ }).click() // prettier-ignore
    await panel().locator('[data-method=tent] input').check({ force: true })
    await others().waitFor({ state: 'detached' })
    await panel().locator('[data-method=consistency] input').check({ force: true })
    await others().waitFor()
  })

  test('with none ticked the run knows of no other', { timeout: 150_000 }, async () => {
    await adapt()
    expect(record().with).toBeUndefined()
    expect(await told().count()).toBe(0)
    await panel().getByRole('button', { name: 'New run', exact: true }).click()
  })

  test('one ticked by the keyboard adapts together, and the verdict says so', { timeout: 150_000 }, async () => {
    const other = others().getByRole('checkbox', { name: /series 4$/ })
    await other.focus()
    await page.keyboard.press('Space')
    await eventually(() => other.isChecked()).toBe(true)
    await other.scrollIntoViewIfNeeded()
    await window.shot('together-form')
    await page.keyboard.press('Control+Shift+D')
    await page.waitForTimeout(300)
    await window.shot('together-form-light')
    expect(await violations(page)).toEqual([])
    await adapt()
    const sentence = record().with![0]!.outcome!.sentence
    expect(sentence).toMatch(/^Series 4 adapts together with the scan/)
    expect(await told().innerText()).toBe(sentence)
    expect(await violations(page)).toEqual([])
    await window.shot('together-verdict-light')
    await page.keyboard.press('Control+Shift+D')
    await page.waitForTimeout(300)
    await window.shot('together-verdict')
  })

  test('after a reload the run still says it', { timeout: 150_000 }, async () => {
    await page.reload()
    expect(await told().innerText()).toMatch(/^Series 4 adapts together with the scan/)
  })
})
