import { describe, expect, it } from 'vitest'
import { SliceMemory } from './slice-memory.ts'

const classes = 3

/** A slice of four pixels that shows a class (0: background only), more or less surely. */
function slice(label: number, sureness: number): Float32Array {
  const rest = (1 - sureness) / (classes - 1)
  const pixel = (own: number): number[] => Array.from({ length: classes }, (_, c) => (c === own ? sureness : rest))
  return Float32Array.from([0, label, label, label].flatMap(pixel))
}

const held = (memory: SliceMemory): number[] => memory.items().map((item) => item.slice)

describe('a memory of slices', () => {
  it('takes what comes while there is room, and sorts it by the foreground it shows', () => {
    const memory = new SliceMemory(6, classes)
    ;[0, 1, 2].forEach((label) => memory.offer(label, slice(label, 0.9)))
    expect(memory.items().map(({ slice: k, group, age }) => [k, group, age])).toEqual([
      [0, 0, 2],
      [1, 1, 1],
      [2, 2, 0],
    ])
  })

  it('gives each class its share: beyond it a surer newcomer replaces the worst of its own class', () => {
    const memory = new SliceMemory(6, classes)
    memory.offer(0, slice(1, 0.9))
    memory.offer(1, slice(1, 0.5))
    memory.offer(2, slice(1, 0.95))
    expect(held(memory).sort()).toEqual([0, 2])
    // Less sure than both, though younger.
    memory.offer(3, slice(1, 0.4))
    expect(held(memory).sort()).toEqual([0, 2])
    memory.offer(4, slice(2, 0.4))
    expect(held(memory).sort()).toEqual([0, 2, 4])
  })

  it('drops from the most frequent class when it is full', () => {
    const memory = new SliceMemory(4, classes)
    // A share is 4 / 3: two slices of a class fit.
    memory.offer(0, slice(1, 0.5))
    memory.offer(1, slice(1, 0.9))
    memory.offer(2, slice(2, 0.9))
    memory.offer(3, slice(2, 0.9))
    expect(held(memory).length).toBe(4)
    memory.offer(4, slice(0, 0.9))
    expect(held(memory)).toEqual([1, 2, 3, 4])
  })
})
