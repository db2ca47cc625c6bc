/** What a key can do. One table: the help page, the settings and the tooltips are made from it. */

export type Action = {
  readonly title: string
  readonly group: (typeof groups)[number]
  /** Alternatives are separated by a space; modifiers in the order Ctrl, Alt, Shift. */
  readonly keys: string
  /** Goes on while the key is held down. */
  readonly repeats?: true
  /** Works for as long as the key is held down. */
  readonly holds?: true
}

export const groups = ['Places', 'Image', 'Tools', 'Masks', 'Compare', 'Adapt and decide', 'App'] as const

/**
 * Where readers of other programs would want the same key twice: W is the window tool (Weasis, OHIF), so the next label
 * is E and not W as in Slicer; G shows outlines alone, S the masks.
 */
export const actions = {
  'go.library': { title: 'Library', group: 'Places', keys: 'Alt+1' },
  'go.reader': { title: 'Read', group: 'Places', keys: 'Alt+2' },
  'go.adapt': { title: 'Adapt', group: 'Places', keys: 'Alt+3' },
  'go.compare': { title: 'Compare', group: 'Places', keys: 'Alt+4' },
  'go.export': { title: 'Export', group: 'Places', keys: 'Alt+5' },
  'go.runs': { title: 'Runs', group: 'Places', keys: 'Alt+6' },
  'go.about': { title: 'Engine', group: 'Places', keys: 'Alt+7' },
  'go.cohort': { title: 'Cohort', group: 'Places', keys: 'Alt+8' },

  'slice.previous': { title: 'Previous slice', group: 'Image', keys: 'ArrowUp', repeats: true },
  'slice.next': { title: 'Next slice', group: 'Image', keys: 'ArrowDown', repeats: true },
  'slice.back': { title: '10 slices back', group: 'Image', keys: 'Shift+ArrowUp', repeats: true },
  'slice.forward': { title: '10 slices on', group: 'Image', keys: 'Shift+ArrowDown', repeats: true },
  'slice.first': { title: 'First slice', group: 'Image', keys: 'Home' },
  'slice.last': { title: 'Last slice', group: 'Image', keys: 'End' },
  'viewport.previous': { title: 'Viewport before', group: 'Image', keys: 'ArrowLeft' },
  'viewport.next': { title: 'Viewport after', group: 'Image', keys: 'ArrowRight' },
  'crosshair.left': { title: 'Crosshair to the left', group: 'Image', keys: 'Ctrl+ArrowLeft', repeats: true },
  'crosshair.right': { title: 'Crosshair to the right', group: 'Image', keys: 'Ctrl+ArrowRight', repeats: true },
  'crosshair.up': { title: 'Crosshair up', group: 'Image', keys: 'Ctrl+ArrowUp', repeats: true },
  'crosshair.down': { title: 'Crosshair down', group: 'Image', keys: 'Ctrl+ArrowDown', repeats: true },
  'viewport.maximise': { title: 'Maximise the viewport, or all again', group: 'Image', keys: 'M' },
  'series.previous': { title: 'Previous series', group: 'Image', keys: 'PageUp' },
  'series.next': { title: 'Next series', group: 'Image', keys: 'PageDown' },
  'layout.previous': { title: 'Previous layout', group: 'Image', keys: ',' },
  'layout.next': { title: 'Next layout', group: 'Image', keys: '.' },
  'zoom.in': { title: 'Zoom in', group: 'Image', keys: 'Plus', repeats: true },
  'zoom.out': { title: 'Zoom out', group: 'Image', keys: '-', repeats: true },
  'zoom.fit': { title: 'Fit to the viewport', group: 'Image', keys: '=' },
  'view.reset': { title: 'Reset the view', group: 'Image', keys: 'Space' },
  'view.invert': { title: 'Invert', group: 'Image', keys: 'I' },
  'view.rotate-right': { title: 'Rotate right', group: 'Image', keys: 'R' },
  'view.rotate-left': { title: 'Rotate left', group: 'Image', keys: 'L' },
  'view.flip-horizontal': { title: 'Flip left to right', group: 'Image', keys: 'H' },
  'view.flip-vertical': { title: 'Flip top to bottom', group: 'Image', keys: 'V' },
  'view.text': { title: 'Show or hide texts', group: 'Image', keys: 'T' },
  'view.cine': { title: 'Cine', group: 'Image', keys: 'C' },
  'preset.auto': { title: 'Automatic window', group: 'Image', keys: '0' },
  'preset.1': { title: 'Window preset 1', group: 'Image', keys: '1' },
  'preset.2': { title: 'Window preset 2', group: 'Image', keys: '2' },
  'preset.3': { title: 'Window preset 3', group: 'Image', keys: '3' },
  'preset.4': { title: 'Window preset 4', group: 'Image', keys: '4' },
  'preset.5': { title: 'Window preset 5', group: 'Image', keys: '5' },

  'tool.window': { title: 'Window and level with the left button, while held', group: 'Tools', keys: 'W', holds: true },
  'tool.zoom': { title: 'Zoom with the left button, while held', group: 'Tools', keys: 'Z', holds: true },
  'tool.pan': { title: 'Pan with the left button, while held', group: 'Tools', keys: 'Y', holds: true },
  'view.crosshair': { title: 'Show or hide the crosshair', group: 'Image', keys: 'F' },
  'tool.next': { title: 'Next tool of the left button', group: 'Tools', keys: 'U' },

  'mask.toggle': { title: 'Show or hide masks', group: 'Masks', keys: 'S' },
  'mask.outline': { title: 'Outlines only', group: 'Masks', keys: 'G' },
  'mask.less': { title: 'Less opaque', group: 'Masks', keys: 'A', repeats: true },
  'mask.more': { title: 'More opaque', group: 'Masks', keys: 'D', repeats: true },
  'label.previous': { title: 'Previous label', group: 'Masks', keys: 'Q' },
  'label.next': { title: 'Next label', group: 'Masks', keys: 'E' },
  'label.solo': { title: 'This label alone, or all again', group: 'Masks', keys: 'O' },

  'compare.before': { title: 'Before, while held', group: 'Compare', keys: 'B', holds: true },
  'compare.difference': { title: 'Gained and lost', group: 'Compare', keys: 'X' },
  'compare.next-mode': { title: 'Next way to compare', group: 'Compare', keys: 'K' },
  'change.previous': { title: 'Slice that changed more', group: 'Compare', keys: 'P' },
  'change.next': { title: 'Slice that changed less', group: 'Compare', keys: 'N' },
  'case.previous': { title: 'Case of the cohort before', group: 'Compare', keys: 'Alt+PageUp' },
  'case.next': { title: 'Case of the cohort after', group: 'Compare', keys: 'Alt+PageDown' },
  'step.previous': { title: 'Step before', group: 'Compare', keys: '[' },
  'step.next': { title: 'Step after', group: 'Compare', keys: ']' },

  segment: { title: 'Segment with the source model', group: 'Adapt and decide', keys: 'Shift+S' },
  check: { title: 'Check the shift again', group: 'Adapt and decide', keys: 'Shift+C' },
  start: { title: 'Start the adaptation', group: 'Adapt and decide', keys: 'Ctrl+Enter' },
  stop: { title: 'Cancel the job at work', group: 'Adapt and decide', keys: 'Shift+X' },
  keep: { title: 'Keep the step on screen', group: 'Adapt and decide', keys: 'Shift+K' },
  'roll-back': { title: 'Roll back to the source', group: 'Adapt and decide', keys: 'Shift+R' },
  export: { title: 'Make the export', group: 'Adapt and decide', keys: 'Ctrl+E' },
  undo: { title: 'Take the last decision back', group: 'Adapt and decide', keys: 'Ctrl+Z' },
  redo: { title: 'Make the decision taken back again', group: 'Adapt and decide', keys: 'Ctrl+Y Ctrl+Shift+Z' },

  'open.folder': { title: 'Open a folder', group: 'App', keys: 'Ctrl+O' },
  'open.file': { title: 'Open a file', group: 'App', keys: 'Ctrl+Shift+O' },
  'open.sample': { title: 'Open the sample', group: 'App', keys: 'Ctrl+Shift+L' },
  'panel.toggle': { title: 'Show or hide the panel', group: 'App', keys: 'Ctrl+B' },
  jobs: { title: 'Jobs', group: 'App', keys: 'Ctrl+J' },
  theme: { title: 'Dark or light', group: 'App', keys: 'Ctrl+Shift+D' },
  search: { title: 'Search this page', group: 'App', keys: '/' },
  help: { title: 'Keys', group: 'App', keys: 'F1 ?' },
  cancel: { title: 'Close, let go', group: 'App', keys: 'Escape' },
} as const satisfies Record<string, Action>

export type ActionName = keyof typeof actions
