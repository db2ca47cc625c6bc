/** What takes the place of something else in a panel is seen from its beginning, and takes a focus that was lost with it. */
import type { Attachment } from 'svelte/attachments'

export const toTop: Attachment<HTMLElement> = (node) => {
  node.closest('aside')?.scrollTo(0, 0)
  if (document.activeElement === document.body) node.focus({ preventScroll: true })
}
