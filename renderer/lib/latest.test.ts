import { expect, it } from 'vitest'
import { Latest } from './latest.ts'

it('takes the reply to the last question alone, in whatever order replies come', async () => {
  const latest = new Latest()
  const shown: string[] = []
  const ask = async (name: string, ms: number): Promise<void> => {
    const isWanted = latest.next()
    await new Promise((resolve) => setTimeout(resolve, ms))
    if (isWanted()) shown.push(name)
  }
  await Promise.all([ask('slow', 20), ask('fast', 1), ask('last', 10)])
  expect(shown).toEqual(['last'])
  await ask('another', 0)
  expect(shown).toEqual(['last', 'another'])
})
