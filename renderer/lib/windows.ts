/** Windows: from values to greys as DICOM defines it, what can be chosen for a scan, and what a drag makes of one. */
import type { VoxelHeader, Window } from '../../main/contract/schemas.ts'
import { windowPresets } from '../view/window-presets.ts'

/** The grey, 0 to 1, of a value in modality units. PS3.3 C.11.2.1.2 (linear), C.11.2.1.3 (sigmoid, linear exact). */
export function greyOf({ center, width, shape }: Window, value: number): number {
  if (shape === 'sigmoid') return 1 / (1 + Math.exp((-4 * (value - center)) / width))
  // The linear function is of integers and needs a width above 1; narrower ones of fractional scans are meant exactly.
  const isExact = shape === 'linear-exact' || width <= 1
  const [middle, extent] = isExact ? [center, width] : [center - 0.5, width - 1]
  return Math.min(1, Math.max(0, (value - middle) / extent + 0.5))
}

/** What windows, when it is not the values themselves: value = stored * slope + intercept. */
export type Rescale = { readonly slope: number; readonly intercept: number }

/** Greys, 0 to 255, of the stored values first, first + 1, ... */
export function greyTable(
  window: Window,
  isInverted: boolean,
  { slope, intercept }: Rescale,
  first: number,
  length: number,
): Uint8ClampedArray {
  const table = new Uint8ClampedArray(length)
  for (let n = 0; n < length; n++) {
    const grey = greyOf(window, (first + n) * slope + intercept)
    table[n] = 255 * (isInverted ? 1 - grey : grey)
  }
  return table
}

/** In the order of the keys: the file's own, those of the modality, the automatic one last. */
export function windowChoices(header: VoxelHeader): readonly Window[] {
  const automatic = header.windows.at(-1)!
  const presets = (windowPresets[header.modality] ?? windowPresets['other']!).map((preset): Window => {
    if ('width' in preset) return { ...preset, shape: 'linear' }
    return {
      name: preset.name,
      center: automatic.center + preset.centerShift * automatic.width,
      width: automatic.width * preset.widthShare,
      shape: automatic.shape,
    }
  })
  return [...header.windows.slice(0, -1), ...presets, automatic]
}

export function firstWindow(header: VoxelHeader): Window {
  return header.windows[0]!
}

/** A window after a drag by so many pixels: right widens, down raises the level (or lowers it, as set). The step grows
 *  with the width, so CT's bone and MR's tiny values are as easy to set. */
export function draggedWindow(
  window: Window,
  [right, down]: readonly [number, number],
  levelDown: 'darker' | 'brighter',
): Window {
  const width = Math.max(window.width * Math.exp(right / 250), 1e-6)
  const step = (window.width / 400) * (levelDown === 'darker' ? 1 : -1)
  return { ...window, name: 'Own', width, center: window.center + down * step }
}
