import { expect, it } from 'vitest'
import { markChanges } from './mask-canvas.ts'

it('tells gained, lost, relabelled and unchanged apart, and leaves hidden labels out', () => {
  const before = Uint8Array.of(0, 0, 1, 1, 1, 2, 2, 2)
  const after = Uint8Array.of(0, 1, 1, 0, 2, 2, 0, 1)
  const all = Uint8Array.from(after)
  markChanges(all, before, [null, '#fff', '#fff'])
  expect([...all]).toEqual([0, 1, 4, 2, 3, 4, 2, 3])
  const first = Uint8Array.from(after)
  markChanges(first, before, [null, '#fff', null])
  expect([...first]).toEqual([0, 1, 4, 2, 2, 0, 0, 1])
})
