import { afterEach, describe, expect, it, vi } from 'vitest'
import { actions } from './actions.ts'
import type { ActionName } from './actions.ts'
import { conflict, isTakenBy, keyLabel, keyOf, keys } from './keys.ts'

const bare = { code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }

/** A window that tests can type into. */
class Keyboard extends EventTarget {
  type(type: 'keydown' | 'keyup', key: string, more: object = {}): boolean {
    const event = Object.assign(
      new Event(type, { cancelable: true }),
      { ...bare, key, code: `Key${key.toUpperCase()}` },
      more,
    )
    return !this.dispatchEvent(event)
  }
}

const ends: (() => void)[] = []
function keyboard(): Keyboard {
  const target = new Keyboard()
  ends.push(keys.listen(target as unknown as Window))
  return target
}
const handle = (...input: Parameters<typeof keys.handle>): void => void ends.push(keys.handle(...input))

afterEach(() => {
  for (const end of ends.splice(0)) end()
  keys.use({})
})

describe('keyOf', () => {
  it.each([
    [{ key: 'a' }, 'A'],
    [{ key: 'A', shiftKey: true }, 'Shift+A'],
    [{ key: '?', shiftKey: true }, '?'],
    [{ key: '+', shiftKey: true }, 'Plus'],
    [{ key: ' ' }, 'Space'],
    [{ key: 'z', metaKey: true }, 'Ctrl+Z'],
    [{ key: 'O', ctrlKey: true, shiftKey: true }, 'Ctrl+Shift+O'],
    [{ key: 'ArrowUp', shiftKey: true }, 'Shift+ArrowUp'],
    // Alt+1 on a Mac, and B on a Russian keyboard.
    [{ key: '¡', code: 'Digit1', altKey: true }, 'Alt+1'],
    [{ key: 'и', code: 'KeyB' }, 'B'],
    [{ key: 'Shift', shiftKey: true }, ''],
  ])('%j is %s', (press, key) => expect(keyOf({ ...bare, ...press })).toBe(key))
})

describe('the table', () => {
  it('gives no key to two actions', () => {
    for (const [action, { keys: given }] of Object.entries(actions))
      for (const key of given.split(' '))
        expect([action, key, conflict(action as ActionName, key, {})]).toEqual([action, key, undefined])
  })

  it('finds who has a key, with the changes of the user', () => {
    expect(conflict('segment', 'B', {})).toBe('compare.before')
    expect(conflict('segment', 'B', { 'compare.before': 'J' })).toBeUndefined()
    expect(conflict('segment', 'J', { 'compare.before': 'J' })).toBe('compare.before')
  })
})

describe('isTakenBy', () => {
  const input = { tagName: 'INPUT', type: 'text' }
  it.each([
    [input, 'B', true],
    [input, 'ArrowUp', true],
    [input, 'Ctrl+Z', true],
    [input, 'Ctrl+O', false],
    [input, 'Escape', false],
    [{ tagName: 'INPUT', type: 'range' }, 'ArrowUp', true],
    [{ tagName: 'INPUT', type: 'range' }, 'B', false],
    [{ tagName: 'SELECT' }, 'B', true],
    [{ tagName: 'BUTTON' }, 'Space', true],
    [{ tagName: 'BUTTON' }, 'ArrowUp', false],
    [{ tagName: 'DIV' }, 'Space', false],
    [{ tagName: 'DIV', isContentEditable: true }, 'B', true],
    [null, 'B', false],
  ])('%j keeps %s: %s', (target, key, taken) => expect(isTakenBy(target, key)).toBe(taken))
})

describe('keys', () => {
  it('acts, once for a key that is held', () => {
    const board = keyboard()
    const invert = vi.fn()
    handle('view.invert', invert)
    expect(board.type('keydown', 'i')).toBe(true)
    board.type('keydown', 'i', { repeat: true })
    expect(invert).toHaveBeenCalledTimes(1)
    expect(board.type('keydown', 'j')).toBe(false)
  })

  it('goes on while an arrow is held', () => {
    const board = keyboard()
    const next = vi.fn()
    handle('slice.next', next)
    board.type('keydown', 'ArrowDown')
    board.type('keydown', 'ArrowDown', { repeat: true })
    expect(next).toHaveBeenCalledTimes(2)
  })

  it('lets go of a held key when it goes up, or when the window loses the focus', () => {
    const board = keyboard()
    const up = vi.fn()
    handle('compare.before', { down: () => undefined, up })
    board.type('keydown', 'b')
    expect(up).not.toHaveBeenCalled()
    board.type('keyup', 'b')
    expect(up).toHaveBeenCalledTimes(1)
    board.type('keydown', 'b')
    board.dispatchEvent(new Event('blur'))
    board.type('keyup', 'b')
    expect(up).toHaveBeenCalledTimes(2)
  })

  it('asks the latest first, who may decline', () => {
    const board = keyboard()
    const page = vi.fn()
    handle('cancel', page)
    handle('cancel', () => false)
    board.type('keydown', 'Escape')
    expect(page).toHaveBeenCalledTimes(1)
  })

  it('acts for a menu too', () => {
    const undo = vi.fn()
    expect(keys.act('undo')).toBe(false)
    handle('undo', undo)
    expect(keys.act('undo')).toBe(true)
    expect(undo).toHaveBeenCalledTimes(1)
  })

  it("follows the user's own keys", () => {
    const board = keyboard()
    const invert = vi.fn()
    handle('view.invert', invert)
    keys.use({ 'view.invert': 'J' })
    board.type('keydown', 'i')
    expect(invert).not.toHaveBeenCalled()
    board.type('keydown', 'j')
    expect(invert).toHaveBeenCalledTimes(1)
    expect(keys.label('view.invert')).toBe('J')
    keys.use({ 'view.invert': '' })
    expect(keys.label('view.invert')).toBe('')
  })

  it('has labels for people', () => {
    expect(keyLabel('Ctrl+Shift+O')).toBe('Ctrl + Shift + O')
    expect(keyLabel('Ctrl+ArrowUp')).toBe('Ctrl + ↑')
    expect(keys.label('help')).toBe('F1 or ?')
  })
})
