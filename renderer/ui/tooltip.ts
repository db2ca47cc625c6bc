/** A name and a key beside what the pointer or the focus is on. Says nothing that the control's own name does not say. */
import type { Attachment } from 'svelte/attachments'

type Text = { readonly label: string; readonly shortcut?: string | undefined }

const delayMs = 400
const gap = 8
let shown: HTMLElement | undefined

export function tooltip({ label, shortcut }: Text): Attachment<HTMLElement> {
  return (anchor) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let mine: HTMLElement | undefined
    const hide = (): void => {
      clearTimeout(timer)
      mine?.remove()
      mine = undefined
    }
    const show = (): void => {
      hide()
      shown?.remove()
      mine = shown = element(label, shortcut)
      place(mine, anchor)
    }
    const later = (): void => {
      clearTimeout(timer)
      timer = setTimeout(show, delayMs)
    }
    const onFocus = (): void => {
      if (anchor.matches(':focus-visible')) later()
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide()
    }
    const stop = new AbortController()
    const { signal } = stop
    anchor.addEventListener('pointerenter', later, { signal })
    anchor.addEventListener('pointerleave', hide, { signal })
    anchor.addEventListener('pointerdown', hide, { signal })
    anchor.addEventListener('focus', onFocus, { signal })
    anchor.addEventListener('blur', hide, { signal })
    anchor.addEventListener('keydown', onKey, { signal })
    return () => {
      stop.abort()
      hide()
    }
  }
}

function element(label: string, shortcut: string | undefined): HTMLElement {
  const box = document.createElement('div')
  box.className = 'tooltip'
  box.ariaHidden = 'true'
  box.popover = 'manual'
  box.textContent = label
  if (shortcut) box.append(Object.assign(document.createElement('kbd'), { textContent: shortcut }))
  document.body.append(box)
  box.showPopover()
  return box
}

/** Below the anchor, or above where there is no room, and never over the edge of the window. */
function place(box: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect()
  const { width, height } = box.getBoundingClientRect()
  const below = at.bottom + gap
  const top = below + height > innerHeight ? at.top - gap - height : below
  const left = Math.min(Math.max(at.left + (at.width - width) / 2, gap), innerWidth - width - gap)
  box.style.top = `${top}px`
  box.style.left = `${left}px`
}
