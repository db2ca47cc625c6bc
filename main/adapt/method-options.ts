/** Options that many methods share; each takes its own default. */

export const stepsOption = (value: number) => ({ value, min: 1, max: 1000, integer: true, help: 'Updates.' }) as const

export const learningRateOption = (value: number, of = 'Adam') =>
  ({ value, min: 1e-7, max: 1e-1, help: `Step size of ${of}.` }) as const

export const batchOption = (value: number) =>
  ({ value, min: 1, max: 64, integer: true, help: 'Slices in an update, spread over the scan.' }) as const

export const slicesOption = (value: number) =>
  ({ value, min: 1, max: 1000, integer: true, help: 'Slices of the scan to draw from, evenly spread.' }) as const

export const teacherOption = (value: number) => ({ value, min: 0, max: 1, help: 'Momentum of the teacher.' }) as const

/** Which norm statistics the network trains under (norm-layers.ts, beginStatistics). */
export const statisticsOptions = (value: 'volume' | 'batch' | 'source', alpha = 0.5) =>
  ({
    statistics: {
      value,
      choices: ['volume', 'batch', 'source'],
      help: "volume: the scan's, fixed before training; batch: each batch's own, as published; source: the stored ones.",
    },
    alpha: { value: alpha, min: 0, max: 1, help: "Share of the scan's own statistics (volume)." },
  }) as const

export const scopeOption = (value: 'norm-affine' | 'all' | 'encoder') =>
  ({
    value,
    choices: ['norm-affine', 'head', 'first-block', 'encoder', 'decoder', 'all'],
    help: 'Parameters to train.',
  }) as const

export const symmetriesOption = (value: 'none' | 'mirror' | 'flips' | 'all') =>
  ({
    value,
    choices: ['none', 'mirror', 'flips', 'all'],
    help: 'mirror: left-right; flips: upside down too; all: quarter turns too, where slices are square.',
  }) as const

/** Which pixels count (region.ts). */
export const regionOptions = (reach: number) =>
  ({
    region: {
      value: 'foreground',
      choices: ['foreground', 'all'],
      help: 'foreground: what is predicted as such, and around it; all: sure background too.',
    },
    reach: { value: reach, min: 0, max: 100, integer: true, help: 'Pixels around the foreground that count.' },
  }) as const
