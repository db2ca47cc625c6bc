import { unzipSync } from 'fflate'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { writeDicom } from '../../fixtures/dicom-writer.ts'
import { presets } from '../../fixtures/presets.ts'
import { writeNifti } from '../../main/volume/nifti.ts'
import { createRandom } from '../../main/volume/random.ts'
import { ballScan, saveThresholdModel } from '../threshold-model.ts'
import { closeAll, eventually, startApp, until } from './app.ts'
import type { App, Window } from './app.ts'
import { violations } from './axe.ts'
import { browser, withoutBrowser } from './browser.ts'

const place = mkdtempSync(join(tmpdir(), 'scanbridge-e2e-data-'))

/** Every fourth slice of the ball with its labels, as a scanner with a flatter contrast and a noise of its own would send it. */
function writeScan(name: string, preset: 'source' | '3T-mprage', seed: number): void {
  const folder = join(place, 'scans', 'two scanners', name)
  mkdirSync(folder, { recursive: true })
  const { volume, truth } = ballScan()
  const [ni, nj, nk] = volume.shape
  const isKept = (_: unknown, n: number): boolean => Math.floor(n / (ni * nj)) % 4 === 0
  const affine = volume.affine.map((value, n) => (n === 10 ? 4 * value : value))
  const grid = { shape: [ni, nj, nk / 4] as const, affine }
  const random = createRandom(seed)
  const [level, noise] = preset === 'source' ? [0, 10] : [220, 45]
  const data = volume.data.filter(isKept).map((value) => Math.abs(value + level + noise * random.normal()))
  const { equipment, sequence } = presets[preset]
  const facts = { equipment, sequence: sequence(random), subject: seed, sliceThicknessMm: 12 }
  for (const file of writeDicom({ ...grid, data }, facts)) writeFileSync(join(folder, file.name), file.bytes)
  writeFileSync(join(folder, 'truth.nii.gz'), writeNifti({ ...grid, data: truth.data.filter(isKept) }))
}

describe.skipIf(!browser)(`a cohort, by the keyboard${withoutBrowser}`, () => {
  let app: App
  let window: Window
  let page: Page
  const press = (...keys: string[]): Promise<void> =>
    keys.reduce((all, key) => all.then(() => page.keyboard.press(key)), Promise.resolve())
  const act = async (control: Locator, key = 'Enter'): Promise<void> => {
    await control.focus()
    await press(key)
  }
  const button = (name: string | RegExp, within: Page | Locator = page): Locator => within.getByRole('button', { name })
  const tab = (name: RegExp): Promise<void> => act(page.getByRole('tab', { name }))
  const cases = (): Locator => page.getByTestId('case')
  const folder = (): string => {
    const all = join(app.home, 'cohorts')
    return join(
      all,
      readdirSync(all).find((name) => existsSync(join(all, name, 'cohort.json')))!,
    )
  }
  const found: string[] = []
  /** A picture, and what axe says of it. */
  const look = async (name: string): Promise<void> => {
    await page.waitForTimeout(300)
    await window.shot(`cohort-${name}`)
    found.push(...(await violations(page)).map((text) => `${name}: ${text}`))
  }

  beforeAll(async () => {
    for (const [n, preset] of (['source', 'source', '3T-mprage', '3T-mprage'] as const).entries())
      writeScan(`scan ${n + 1}`, preset, n + 1)
    await saveThresholdModel(join(place, 'models', 'threshold'))
    const settings = { model: 'threshold', method: 'tent' }
    app = await startApp(['--root', join(place, 'scans')], { models: join(place, 'models'), settings })
    window = await app.open()
    page = window.page
    await button('Open the sample').waitFor()
  })
  // Each step needs the one before.
  let hasFailed = false
  beforeEach((context) => {
    if (hasFailed) context.skip('an earlier step failed')
    context.onTestFailed(() => void (hasFailed = true))
  })
  afterAll(() => closeAll(window, app, place))

  test('a folder becomes a list by scanner', async () => {
    await press('Alt+8')
    await page.getByRole('heading', { name: 'Many scans, scanner by scanner' }).waitFor()
    await look('empty')
    await press('Control+o')
    const chooser = page.getByTestId('folder-browser')
    await chooser.getByRole('option').filter({ hasText: 'scans' }).last().dblclick()
    await chooser.getByRole('option').filter({ hasText: 'two scanners' }).click()
    await act(button(/^Open “/, chooser))
    await page.getByRole('heading', { name: 'two scanners', exact: true }).waitFor()
    await eventually(() => page.getByTestId('scan').count()).toBe(4)
    expect(await page.getByTestId('scan-group').count()).toBe(2)
    expect(await page.getByRole('status').allInnerTexts()).toContainEqual(
      expect.stringMatching(/4 scans\s+2 scanners\s+4 reference masks/),
    )
    await look('scans')
  })

  test('it is changed scan by scan and scanner by scanner, and what was changed is on disk', async () => {
    const groups = page.getByTestId('scan-group')
    const source = groups.filter({ has: page.locator('[data-row="0"]') })
    await act(button(/^Edit all scans of/, source))
    await act(page.getByRole('switch', { name: 'In domain' }), 'Space')
    await look('edit')
    await act(button('Apply'))
    await eventually(() => source.getByText('In domain').count()).toBe(3)
    const third = page.locator('[data-row="2"]')
    await act(button(/^Edit/, third))
    await page.getByRole('textbox', { name: 'Case' }).fill('first of the new')
    await press('Enter')
    await third.getByText('first of the new').waitFor()
    expect(
      await button(/^Edit first/, third)
        .and(page.locator(':focus'))
        .count(),
    ).toBe(1)
    await act(third.getByRole('checkbox'), 'Space')
    await page.getByText('3 of 4 scans', { exact: true }).waitFor()
    await act(third.getByRole('checkbox'), 'Space')
    await page.getByText('4 scans', { exact: true }).waitFor()
    const { rows } = JSON.parse(readFileSync(join(folder(), 'cohort.json'), 'utf8')) as { rows: unknown[] }
    expect(rows.slice(0, 3)).toMatchObject([
      { group: 'reference' },
      { group: 'reference' },
      { case: 'first of the new' },
    ])
  })

  test('methods are chosen with their options, and time and disk are told before', async () => {
    await tab(/^Set-up/)
    const method = (name: string): Locator => page.locator(`[data-method="${name}"]`)
    await method('tent').waitFor()
    await act(method('norm').getByRole('checkbox').first(), 'Space')
    await act(method('tent').locator('summary').first())
    await method('tent').getByRole('textbox', { name: 'Steps', exact: true }).fill('60')
    await act(button('Forecast time and disk'))
    await eventually(() => page.locator('[data-fact=Time]').count()).toBe(1)
    expect(await page.locator('[data-fact=Episodes]').innerText()).toBe('8')
    await look('set-up')
  })

  test(
    'it runs, rows arrive as they are done, and neither a reload, a stop nor a kill loses any',
    { timeout: 240_000 },
    async () => {
      await press('Control+Enter')
      await page.getByTestId('at-work').waitFor()
      await eventually(() => cases().count(), 60_000).toBeGreaterThan(0)
      await page.reload()
      await page.getByTestId('at-work').waitFor()
      await eventually(() => cases().count()).toBeGreaterThan(0)
      await press('Shift+X')
      const goOn = page.getByRole('button', { name: 'Go on where it was' })
      await goOn.waitFor({ timeout: 60_000 })
      const stopped = await page.getByRole('tabpanel').innerText()
      const done = Number(/stopped with ([1-7]) of 8 episodes done/.exec(stopped)![1])
      await look('stopped')
      await act(goOn)
      await page.getByTestId('at-work').waitFor()
      app.killWorker()
      const banner = page.locator('.banners')
      await banner.getByText('in the middle of a cohort').waitFor()
      await look('killed')
      await act(banner.getByRole('button', { name: 'Go on where it was' }))
      const heading = page.getByTestId('at-work').getByRole('heading')
      expect(Number.parseInt(await heading.innerText(), 10)).toBeGreaterThanOrEqual(done)
      await look('running')
      await page.locator('.badge').getByText('Done', { exact: true }).waitFor({ timeout: 120_000 })
      await eventually(() => cases().count()).toBe(4)
    },
  )

  test('what came out: a sentence, figures, statistics, cases that are found and sorted', async () => {
    const { methods } = JSON.parse(readFileSync(join(folder(), 'evaluation', 'summary.json'), 'utf8')) as {
      methods: { groups: { cases: number }[] }[]
    }
    expect(methods.map(({ groups }) => groups[0]!.cases)).toEqual([4, 4])
    await eventually(() => page.getByTestId('headline').innerText()).toMatch(/Dice .* in 4 cases/)
    expect(await page.getByRole('img', { name: /^Dice of|^Volumes/ }).count()).toBe(4)
    await look('result')
    await page.getByRole('radio', { name: /^Norm/ }).focus()
    await press('Space')
    const names = (): Promise<string[]> => cases().getByRole('rowheader').allInnerTexts()
    await act(button('Change', page.getByTestId('cases')))
    const sorted = await cases().locator('.change').allInnerTexts()
    const numbers = sorted.map((text) => Number(text.replace('−', '-').replace('±', '').trim()))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    await page.getByRole('searchbox', { name: 'Find cases' }).fill('first new')
    await eventually(names).toEqual(['first of the new'])
    await page.getByRole('searchbox', { name: 'Find cases' }).fill('')
    await cases().first().scrollIntoViewIfNeeded()
    await look('cases')
  })

  test('a case is looked at before and after, then the next one, and there is a way back', async () => {
    await act(button('first of the new: before and after'))
    const after = page.getByRole('slider', { name: 'Axial, after', exact: true })
    await after.waitFor()
    const trail = page.getByTestId('trail')
    const shown = await trail.locator('.case').innerText()
    expect(shown).toContain('first of the new')
    await page.getByText('nothing is decided here', { exact: false }).waitFor()
    await look('case')
    await press(shown.includes('4 of 4') ? 'Alt+PageUp' : 'Alt+PageDown')
    await eventually(() => trail.locator('.case').innerText()).not.toBe(shown)
    await after.waitFor()
    // A run of a cohort is in no list of runs; a reload finds it all the same.
    await page.reload()
    await after.waitFor()
    const name = (await trail.locator('b').innerText()).trim()
    await act(button('two scanners', trail))
    await eventually(() => page.evaluate('document.activeElement.closest("[data-case]")?.dataset.case')).toBe(name)
  })

  test('the report is taken along, and names no path', async () => {
    await press('Control+e')
    await page.getByRole('dialog', { name: 'Export the cohort' }).getByRole('checkbox').first().waitFor()
    await look('export')
    const downloads = page.waitForEvent('download')
    await act(button('Make the ZIP file'))
    const files = unzipSync(readFileSync(await (await downloads).path()))
    const names = Object.keys(files)
    for (const end of ['.html', '.pdf', '.json', '.csv'])
      expect(
        names.some((name) => name.endsWith(end)),
        end,
      ).toBe(true)
    for (const name of names) expect(Buffer.from(files[name]!).includes(place), name).toBe(false)
    await press('Escape')
  })

  test('nothing that axe knows is wrong, dark or light, and nothing is cut off, small or large', async () => {
    const inSize = async (width: number, height: number, tabs: readonly string[], theme: string): Promise<void> => {
      await page.setViewportSize({ width, height })
      for (const name of tabs) {
        await tab(new RegExp(`^${name}`))
        await page.evaluate('document.querySelector("main").scrollTo(0, 0)')
        await look(`${theme}-${width}-${name.toLowerCase()}`)
        const [inner, outer] = await page.evaluate<[number, number]>(
          '[document.querySelector("main").scrollWidth, document.querySelector("main").clientWidth]',
        )
        expect(inner, `${name} at ${width}`).toBeLessThanOrEqual(outer)
      }
    }
    for (const theme of ['dark', 'light']) {
      await inSize(1280, 800, ['Scans', 'Set-up', 'Results'], theme)
      await inSize(3840, 2160, ['Results'], theme)
      await press('Control+Shift+D')
    }
    await page.setViewportSize({ width: 1440, height: 900 })
    expect(found).toEqual([])
  })

  test('a copy can be changed; a cohort is deleted after a question, and its scans stay', async () => {
    await act(button('Copy'))
    await page.locator('.badge').getByText('Draft', { exact: true }).waitFor()
    await act(button('All cohorts'))
    await eventually(() => page.getByTestId('cohort').count()).toBe(2)
    await look('list')
    const copy = page.getByTestId('cohort').filter({ hasText: '(copy)' })
    await act(button(/^Delete/, copy))
    await button('Keep', copy).waitFor()
    await look('delete')
    await act(button('Delete', copy))
    await eventually(() => page.getByTestId('cohort').count()).toBe(1)
    expect(readdirSync(join(place, 'scans', 'two scanners'))).toHaveLength(4)
    await until(() => existsSync(join(folder(), 'cohort.json')), 'the other one')
    expect(found).toEqual([])
  })
})
