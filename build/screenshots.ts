// npm run screenshots: the README's pictures, of the real app at work on the sample and on a cohort, into docs/pictures.
import { decode, encode } from 'fast-png'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { startApp } from '../tests/e2e/app.ts'
import { browser, withoutBrowser } from '../tests/e2e/browser.ts'
import { evaluatedCohort } from './cohort-evaluation.ts'

const folder = join(import.meta.dirname, '../docs/pictures')
const longestMs = 600_000

if (!browser) throw new Error(`There are no pictures without a browser${withoutBrowser}.`)
mkdirSync(folder, { recursive: true })
const cohort = evaluatedCohort()
const app = await startApp(['--sample', '--root', dirname(cohort)], { settings: { model: 'brain-t1w-one-scanner' } })
try {
  const { page, close } = await app.open({ width: 1280, height: 800 })
  const picture = async (name: string): Promise<void> => {
    await page.mouse.move(0, 0)
    // Fades and slides come to their end.
    await page.waitForTimeout(500)
    writeFileSync(join(folder, `${name}.png`), smaller(await page.screenshot()))
  }
  await page.getByRole('slider', { name: 'Axial', exact: true }).waitFor()
  await page.keyboard.press('Alt+8')
  await page.keyboard.press('Control+O')
  const options = page.getByTestId('folder-browser').getByRole('option')
  await options.filter({ hasText: basename(dirname(cohort)) }).dblclick()
  await options.filter({ hasText: basename(cohort) }).click()
  await page.getByRole('button', { name: /^Open “/ }).click()
  await page.getByTestId('headline').waitFor()
  await picture('cohort')
  await page.keyboard.press('Alt+2')
  await page.keyboard.press('Shift+S')
  await page.locator('.summary').getByText('Grey matter').waitFor({ timeout: longestMs })
  await picture('reader')
  await page.keyboard.press('Alt+1')
  await picture('library')
  await page.keyboard.press('Alt+3')
  const checked = page.locator('[data-testid=shift-check][aria-busy=false]', { hasText: /\w\./ })
  await checked.waitFor({ timeout: longestMs })
  await picture('adapt')
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-fact=Step]', { hasText: /^[3-9]/ }).waitFor({ timeout: longestMs })
  await picture('at-work')
  await page.getByTestId('verdict').waitFor({ timeout: longestMs })
  await picture('verdict')
  await page.keyboard.press('Alt+4')
  await page.getByRole('slider', { name: 'Axial, after', exact: true }).waitFor()
  await picture('compare')
  await page.getByRole('radio', { name: 'Change' }).check({ force: true })
  await page.keyboard.press('Control+Shift+D')
  await picture('change-light')
  await close()
} finally {
  await app.close()
  await browser.close()
}

/** Fewer steps of brightness make the PNG of a scan much smaller; the README takes pictures below 300 kB. */
function smaller(png: Uint8Array): Uint8Array {
  const image = decode(png)
  const data = Uint8Array.from(image.data, (value) => Math.min(255, Math.round(value / 8) * 8))
  return encode({ ...image, data }, { zlib: { level: 9 } })
}
