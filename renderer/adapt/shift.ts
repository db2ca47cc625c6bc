/** The words and the scale of the shift check. */
import type { ShiftReport } from '../../main/contract/schemas.ts'

type Words = { readonly text: string; readonly tone: 'good' | 'warn' | 'bad' | 'neutral' }

export const levelWords: Readonly<Record<ShiftReport['level'], Words>> = {
  'as-source': { text: 'As the source', tone: 'good' },
  shifted: { text: 'Shifted', tone: 'warn' },
  far: { text: 'Far', tone: 'bad' },
  unknown: { text: 'Cannot be told', tone: 'neutral' },
}

/** Share of the gauge's width: the source's range has the first 40 %, what is far is pressed together and never leaves. */
export function gaugeShare(score: number): number {
  const from = Math.max(score, 0)
  return from <= 1 ? 0.4 * from : 0.4 + 0.6 * (1 - 1 / (1 + (from - 1) / 1.5))
}
