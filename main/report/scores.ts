type ScoreText = { readonly name: string; readonly meaning: string }

/** What each of the guard's label-free scores says, by the S-number that its key begins with (methods.md section 4). */
const meanings: Readonly<Record<string, string>> = {
  S1: 'Uncertainty along the borders of the mask, after over before. Below 0.3, or a fall without more agreement, speaks of collapse.',
  S2: 'Overlap of the mask after with the mask before. Low under a strong shift; alone it decides nothing.',
  S3: 'Natural logarithm of the volume after over the volume before. Beyond 0.41 either way, or a label that vanished, speaks of harm.',
  S4: 'Agreement of the mask with masks of altered copies of the scan that the training did not use. A fall by more than 0.01 speaks of harm.',
  S5: "Distance of the labels' proportions from those of the source scans. A rise speaks of harm.",
  S9: 'How far weights or norm statistics have moved from the source.',
  'gate consistency':
    'How well the source model agrees with itself on an altered copy of the scan. High: it needs little here.',
  'expected Dice':
    "Mean Dice that the model's calibration expects of the kept mask: an estimate without labels, no measurement.",
  S11: "Distance of the scan's norm statistics from the source's. Small: the scan is like those the model was trained on.",
}

/** Where the key alone is too short to stand in a table, or speaks in formulas. */
const names: Readonly<Record<string, string>> = {
  'expected Dice': 'expected mean Dice (estimate)',
  'expected Dice before': 'expected mean Dice before (estimate)',
  'gate consistency': 'agreement on an altered copy',
  'S4 consistency': 'steadiness under held-out views',
  'S4 change': 'change of steadiness',
  'S11 norm distance': 'distance of norm statistics',
}

/** A score whose number the table does not know is shown by its key. */
export function scoreNames(key: string): ScoreText {
  const [, number = '', rest = key] = /^(S\d+|expected Dice|gate consistency)(?: (.*))?$/.exec(key) ?? []
  const plain = names[key] ?? rest
  return { name: plain[0]!.toUpperCase() + plain.slice(1), meaning: meanings[number] ?? '' }
}

/**
 * Scores that a reader can make something of. The others are what a calibration weighs: their sum is told as the expected Dice
 * and as reasons, and they stand in the JSON and in cases.jsonl, for whoever wants to weigh them otherwise.
 */
export function isTold(key: string): boolean {
  return /^(expected Dice|gate consistency|S1 entropy ratio|S2 overlap |S3 ln volume ratio |S4 consistency|S4 change|S5 proportions$|S9 |S11 norm distance)/.test(
    key,
  )
}
