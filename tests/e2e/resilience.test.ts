import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunRecord } from '../../main/runs/run.ts'
import { ballNifti, saveThresholdModel } from '../threshold-model.ts'
import { closeAll, eventually, runFolders, startApp, until } from './app.ts'
import type { App, Window } from './app.ts'
import { browser, withoutBrowser } from './browser.ts'

const place = mkdtempSync(join(tmpdir(), 'scanbridge-e2e-data-'))

describe.skipIf(!browser)(`what cannot lose a run${withoutBrowser}`, () => {
  let app: App
  let window: Window
  let page: Page
  const panel = (of: Page) => of.getByRole('complementary')
  const run = (): string => runFolders(app.home).at(-1)!
  const record = (): RunRecord => JSON.parse(readFileSync(join(run(), 'run.json'), 'utf8')) as RunRecord
  const stepsOnDisk = (): number => {
    const journal = join(run(), 'steps.jsonl')
    return existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length - 1 : 0
  }
  const stepOnScreen = async (of: Page): Promise<number> =>
    Number.parseInt(await of.locator('[data-fact=Step]').innerText(), 10)
  /** Begins an adaptation of more steps than a test waits for. */
  async function begin(): Promise<void> {
    await panel(page).getByRole('textbox', { name: 'Steps', exact: true }).fill('1000')
    await panel(page).getByRole('button', { name: 'Start adaptation' }).click()
    await page.getByRole('heading', { name: 'Adapting' }).waitFor()
    await eventually(() => stepOnScreen(page)).toBeGreaterThan(2)
  }

  beforeAll(async () => {
    writeFileSync(join(place, 'ball.nii.gz'), ballNifti().scan)
    await saveThresholdModel(join(place, 'models', 'threshold'))
    const settings = { model: 'threshold', method: 'tent' }
    app = await startApp([join(place, 'ball.nii.gz')], { models: join(place, 'models'), settings })
    window = await app.open()
    page = window.page
    await page.getByRole('slider', { name: 'Axial', exact: true }).waitFor()
    await page.keyboard.press('Alt+3')
  })
  afterAll(() => closeAll(window, app, place))

  test('a reload in the middle of a run finds it again, and so does a second window', async () => {
    await begin()
    const before = await stepOnScreen(page)
    await page.reload()
    await page.getByRole('heading', { name: 'Adapting' }).waitFor()
    await eventually(() => stepOnScreen(page)).toBeGreaterThan(before)
    await window.shot('reloaded-in-run')
    const second = await app.open()
    await second.page
      .getByRole('button', { name: /^Adapt/ })
      .getByText('at work')
      .waitFor({ state: 'attached' })
    await second.close()
    expect(record().state).toBe('running')
  })

  test('the worker killed in the middle of a run: it is told, the run is on disk, the scan is still there', async () => {
    const step = stepsOnDisk()
    app.killWorker()
    const banner = page.locator('.banners')
    await banner.getByText(/step/).waitFor()
    await window.shot('worker-killed')
    await banner.getByRole('button', { name: 'Run it again' }).waitFor()
    expect(await banner.innerText()).toContain('Its finished steps are on disk')
    expect(stepsOnDisk()).toBeGreaterThanOrEqual(step)
    // Each line that is there is whole.
    const lines = readFileSync(join(run(), 'steps.jsonl'), 'utf8').trimEnd().split('\n')
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('step')
    await page.keyboard.press('Alt+2')
    await page.getByRole('slider', { name: 'Axial', exact: true }).waitFor()
    await page.keyboard.press('Alt+6')
    await page
      .getByRole('row')
      .getByText(/interrupted/i)
      .first()
      .waitFor()
    await window.shot('runs-interrupted')
  })

  test('it can be run again, cancelled, and the next run works', async () => {
    const first = run()
    await page.locator('.banners').getByRole('button', { name: 'Run it again' }).click()
    await page.getByRole('heading', { name: 'Adapting' }).waitFor()
    await eventually(() => stepOnScreen(page)).toBeGreaterThan(2)
    await until(() => run() !== first, 'a run folder of its own')
    await page.keyboard.press('Shift+X')
    await page.getByTestId('verdict').waitFor()
    expect(record().state).toBe('cancelled')
    await window.shot('cancelled')
    const cancelled = run()
    await page.keyboard.press('Shift+S')
    await until(
      () => run() !== cancelled && existsSync(join(run(), 'run.json')) && record().state === 'done',
      'the next run',
    )
    await page.locator('.summary').getByText('core').first().waitFor()
  })

  test('the worker killed while idle is hardly noticed', async () => {
    app.killWorker()
    await eventually(() => page.getByRole('status').filter({ hasText: 'Ready' }).count()).toBeGreaterThan(0)
    await page.keyboard.press('Alt+2')
    await page.getByRole('slider', { name: 'Axial', exact: true }).waitFor()
    expect(app.stderr()).toContain('signal SIGKILL')
  })
})
