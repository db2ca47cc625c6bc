/** Keys to actions. Views say what an action does while they are on screen; which key it has is the user's to change. */
import { SvelteMap } from 'svelte/reactivity'
import { actions } from './actions.ts'
import type { Action, ActionName } from './actions.ts'

/** Down may give false to leave the key to whoever registered before. */
type Handler = { readonly down: () => unknown; readonly up?: () => void }

type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

const names: Readonly<Record<string, string>> = { ' ': 'Space', '+': 'Plus', Esc: 'Escape', Del: 'Delete' }

/** As the table writes it: "Ctrl+Shift+O", "?", "Space". Cmd counts as Ctrl. '' for a modifier alone. */
export function keyOf(press: Press): string {
  if (['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Process', 'Unidentified'].includes(press.key)) return ''
  // Alt writes other characters on a Mac, and some keyboards have no Latin letters: the place of the key counts there.
  const place = /^(?:Key|Digit)(.)$/.exec(press.code)?.[1]
  const isForeign = press.key.length === 1 && (press.altKey || press.key > '~')
  const key = isForeign && place ? place : (names[press.key] ?? press.key)
  const name = key.length === 1 ? key.toUpperCase() : key
  // Shift is part of how '?' is typed, and of no letter.
  const isShifted = press.shiftKey && (name.length > 1 ? name !== 'Plus' : /[A-Z]/.test(name) || (isForeign && !!place))
  const modifiers = [(press.ctrlKey || press.metaKey) && 'Ctrl', press.altKey && 'Alt', isShifted && 'Shift']
  return [...modifiers.filter(Boolean), name].join('+')
}

/** For people: "Ctrl + Shift + O", "↑". */
export function keyLabel(key: string): string {
  const symbols: Readonly<Record<string, string>> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
    PageUp: 'Page up',
    PageDown: 'Page down',
    Escape: 'Esc',
    Plus: '+',
  }
  return key
    .split('+')
    .map((part) => symbols[part] ?? part)
    .join(' + ')
}

type Target = { readonly tagName?: string; readonly type?: string; readonly isContentEditable?: boolean } | null

const textTypes = ['text', 'search', 'number', 'password', 'email', 'url', 'tel', 'date', 'time']
const controlKeys = /^(?:Shift\+)?(?:Arrow\w+|Home|End|PageUp|PageDown|Space|Enter)$/

/** Whether a control that has the focus needs this key for itself. */
export function isTakenBy(target: Target, key: string): boolean {
  if (!target || key === 'Escape' || /^F\d+$/.test(key)) return false
  const tag = target.tagName?.toLowerCase()
  const isText = tag === 'textarea' || (tag === 'input' && textTypes.includes(target.type ?? 'text'))
  if (isText || target.isContentEditable)
    return !/^(?:Ctrl|Alt)\+/.test(key) || /^Ctrl\+(?:[ACVXZY]|Shift\+Z)$/.test(key)
  if (tag === 'select' || tag === 'option') return !/^(?:Ctrl|Alt)\+/.test(key)
  if (tag === 'input') return controlKeys.test(key)
  if (tag === 'button' || tag === 'a' || tag === 'summary') return key === 'Space' || key === 'Enter'
  return false
}

type Overrides = Readonly<Record<string, string>>

function keysOf(action: ActionName, overrides: Overrides): readonly string[] {
  return (overrides[action] ?? actions[action].keys).split(' ').filter(Boolean)
}

/** The other action that has this key already. */
export function conflict(action: ActionName, key: string, overrides: Overrides): ActionName | undefined {
  return (Object.keys(actions) as ActionName[]).find(
    (other) => other !== action && keysOf(other, overrides).includes(key),
  )
}

class Keys {
  private readonly overrides = new SvelteMap<string, string>()
  private readonly handlers = new Map<ActionName, readonly Handler[]>()
  private held: { readonly key: string; readonly up: () => void }[] = []

  /** The user's own keys, instead of those given before. */
  use(overrides: Overrides): void {
    for (const action of this.overrides.keys()) if (!(action in overrides)) this.overrides.delete(action)
    for (const [action, key] of Object.entries(overrides))
      if (this.overrides.get(action) !== key) this.overrides.set(action, key)
  }

  /** What the action does from now on, until the returned function is called. The latest handler comes first. */
  handle(action: ActionName, handler: Handler | Handler['down']): () => void {
    const entry = typeof handler === 'function' ? { down: handler } : handler
    this.handlers.set(action, [entry, ...(this.handlers.get(action) ?? [])])
    return () => {
      this.handlers.set(
        action,
        (this.handlers.get(action) ?? []).filter((other) => other !== entry),
      )
    }
  }

  /** As if its key had been pressed; false where nobody is there to act. */
  act(action: ActionName): boolean {
    return (this.handlers.get(action) ?? []).some(({ down }) => down() !== false)
  }

  /** For tooltips and the like; '' where the user took the key away. Follows the settings. */
  label(action: ActionName): string {
    return this.of(action).map(keyLabel).join(' or ')
  }

  of(action: ActionName): readonly string[] {
    const override = this.overrides.get(action)
    return keysOf(action, override === undefined ? {} : { [action]: override })
  }

  /** Acts on what is typed anywhere in the window until the returned function is called. */
  listen(target: Window): () => void {
    const stop = new AbortController()
    const { signal } = stop
    target.addEventListener('keydown', (event) => this.press(event), { signal })
    target.addEventListener('keyup', (event) => this.release(event), { signal })
    target.addEventListener('blur', () => this.releaseAll(), { signal })
    return () => stop.abort()
  }

  private press(event: KeyboardEvent): void {
    const key = keyOf(event)
    if (!key || event.defaultPrevented || event.isComposing) return
    if (isTakenBy(event.target as HTMLElement | null, key)) return
    for (const name of this.actionsOf(key)) {
      const action: Action = actions[name]
      const handlers = this.handlers.get(name) ?? []
      if (handlers.length === 0) continue
      if (event.repeat && !action.repeats) return event.preventDefault()
      for (const handler of handlers) {
        if (handler.down() === false) continue
        event.preventDefault()
        if (handler.up) this.held.push({ key: event.code || event.key, up: handler.up })
        return
      }
    }
  }

  private actionsOf(key: string): readonly ActionName[] {
    return (Object.keys(actions) as ActionName[]).filter((action) => this.of(action).includes(key))
  }

  private release(event: KeyboardEvent): void {
    const ended = this.held.filter(({ key }) => key === (event.code || event.key))
    this.held = this.held.filter((one) => !ended.includes(one))
    for (const { up } of ended) up()
  }

  /** A window that loses the focus sees no key go up. */
  private releaseAll(): void {
    const ended = this.held
    this.held = []
    for (const { up } of ended) up()
  }
}

/** One keyboard, one table. */
export const keys = new Keys()
