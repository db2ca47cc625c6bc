/** The guard's label-free scores in plain words. What each means is said as in the reports (main/report/scores.ts). */

/** Beyond the limit on its side a score speaks of harm. */
type Limit = { readonly value: number; readonly harmIs: 'below' | 'above' }

export type ScoreText = {
  /** Plain words, for a list or a chart. */
  readonly name: string
  /** The label that it is about; '' where it is about the whole mask. */
  readonly label: string
  readonly meaning: string
  readonly limits: readonly Limit[]
  /** The same measure of other labels has the same one: they share a chart. */
  readonly measure: string
}

const meanings: Readonly<Record<string, string>> = {
  S1: 'Uncertainty along the borders of the mask, after over before. Below 0.3, or a fall without more agreement, speaks of collapse.',
  S2: 'Overlap of the mask after with the mask before. Low under a strong shift; alone it decides nothing.',
  S3: 'Natural logarithm of the volume after over the volume before. Beyond 0.41 either way, or a label that vanished, speaks of harm.',
  S4: 'Agreement of the mask with masks of altered copies of the scan that the training did not use. A fall by more than 0.01 speaks of harm.',
  S5: "Distance of the labels' proportions from those of the source scans. A rise speaks of harm.",
  S9: 'How far weights or norm statistics have moved from the source.',
  S11: "Distance of the scan's norm statistics from the source's. Small: the scan is like those the model was trained on.",
}

const gateMeaning =
  'How well the source model agrees with itself on an altered copy of the scan. High: it needs little here.'

type Measure = Pick<ScoreText, 'name' | 'limits'> & { readonly begins: string }

/** ln 1.5: the guard's own limit of a change in volume. */
const volumeLimit = Math.log(1.5)

const measures: readonly Measure[] = [
  { begins: 'S1 entropy ratio', name: 'Uncertainty at borders', limits: [{ value: 0.3, harmIs: 'below' }] },
  { begins: 'S2 overlap', name: 'Overlap with the source mask', limits: [{ value: 0.6, harmIs: 'below' }] },
  {
    begins: 'S3 ln volume ratio',
    name: 'Change of volume, logarithm',
    limits: [
      { value: -volumeLimit, harmIs: 'below' },
      { value: volumeLimit, harmIs: 'above' },
    ],
  },
  { begins: 'S4 consistency', name: 'Steadiness under held-out views', limits: [] },
  { begins: 'S4 change', name: 'Change of steadiness', limits: [{ value: -0.01, harmIs: 'below' }] },
  { begins: 'S5 proportions', name: 'Distance of the proportions', limits: [] },
  { begins: 'S9 parameter drift', name: 'Drift of the weights', limits: [] },
  { begins: 'S9 statistics drift', name: 'Drift of the norm statistics', limits: [] },
  { begins: 'S11 norm distance', name: 'Distance of norm statistics', limits: [] },
  { begins: 'gate consistency', name: 'Agreement of the source model', limits: [] },
]

/** A score that this table does not know keeps its own name. */
export function scoreText(key: string): ScoreText {
  const code = /^S\d+/.exec(key)?.[0] ?? ''
  const meaning = key.startsWith('gate') ? gateMeaning : (meanings[code] ?? '')
  const known = measures.find(({ begins }) => key === begins || key.startsWith(`${begins} `))
  if (known) {
    const { begins, name, limits } = known
    return { name, label: key.slice(begins.length).trim(), meaning, limits, measure: begins }
  }
  const own = key.replace(/^S\d+ /, '')
  return { name: own.charAt(0).toUpperCase() + own.slice(1), label: '', meaning, limits: [], measure: key }
}

/** Whether a value lies where its score speaks of harm. */
export function isBeyond(limits: readonly Limit[], value: number): boolean {
  return limits.some((limit) => (limit.harmIs === 'below' ? value < limit.value : value > limit.value))
}

/** "harm below 0.3"; '' where no limit is known. */
export function limitText(limits: readonly Limit[]): string {
  return limits.map(({ value, harmIs }) => `${harmIs} ${figure(value)}`).join(' or ')
}

/** Three significant digits, as in the reports. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replaceAll('-', '\u2212')
  const digits = size === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(size)))
  return Number(value.toFixed(digits)).toString().replace('-', '\u2212')
}
