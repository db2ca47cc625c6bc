/** Which of the guard's scores a calibration uses, in which form, and what each says in plain words. */

export type Scores = Readonly<Record<string, number | null | undefined>>

type Feature = {
  readonly of: (scores: (name: string) => number) => number
  /** On which side it speaks of harm. */
  readonly harmIs: 'high' | 'low'
  /** Above zero is more than before, and below it less. */
  readonly isChange?: true
  /** What is so where it is higher than on average, or lower; of a change: above zero, or below. */
  readonly high: string
  readonly low: string
}

/** Agreement (1: all) by how little is missing: between .98 and .99 lies as much as between .8 and .9. */
const likeness = (agreement: number): number => -Math.log(Math.max(1 - agreement, 0.002))
const logOf =
  (name: string, least: number): Feature['of'] =>
  (score) =>
    Math.log(score(name) + least)

/** How a state differs from the source model's prediction. */
const ofState: Readonly<Record<string, Feature>> = {
  'S1 entropy ratio': {
    of: logOf('S1 entropy ratio', 0),
    isChange: true,
    harmIs: 'low',
    high: 'The model became less sure at the borders of the mask.',
    low: 'The model became surer at the borders of the mask.',
  },
  'S2 mean overlap': {
    of: (score) => likeness(score('S2 mean overlap')),
    harmIs: 'low',
    high: 'The mask changed little.',
    low: 'The mask changed much.',
  },
  'S2 least overlap': {
    of: (score) => likeness(score('S2 least overlap')),
    harmIs: 'low',
    high: 'No label changed much.',
    low: 'One of the labels changed much.',
  },
  'S2 divergence': {
    of: logOf('S2 divergence', 1e-3),
    harmIs: 'high',
    high: 'At the borders the prediction moved far from that of the source model.',
    low: 'At the borders the prediction stayed close to that of the source model.',
  },
  'S3 volume distance change': {
    of: (score) => score('S3 volume distance change'),
    isChange: true,
    harmIs: 'high',
    high: 'The volumes moved away from those of the training scans.',
    low: 'The volumes moved towards those of the training scans.',
  },
  'S4 change': {
    of: (score) => likeness(score('S4 consistency')) - likeness(score('S4 before')),
    isChange: true,
    harmIs: 'low',
    high: 'The mask became steadier under views that were held out.',
    low: 'The mask became less steady under views that were held out.',
  },
  'S5 proportions change': {
    of: (score) => score('S5 proportions change'),
    isChange: true,
    harmIs: 'high',
    high: 'The proportions of the labels moved away from those of the training scans.',
    low: 'The proportions of the labels moved towards those of the training scans.',
  },
  'S7 shape change': {
    of: (score) => likeness(score('S7 shape before') + score('S7 shape change')) - likeness(score('S7 shape before')),
    isChange: true,
    harmIs: 'low',
    high: 'The shapes of the mask became more like those of the training scans.',
    low: 'The shapes of the mask became less like those of the training scans.',
  },
  'S7 islands change': {
    of: (score) => score('S7 islands change'),
    isChange: true,
    harmIs: 'high',
    high: 'More of the mask lies in islands.',
    low: 'Less of the mask lies in islands.',
  },
  'S7 holes change': {
    of: (score) => score('S7 holes change'),
    isChange: true,
    harmIs: 'high',
    high: 'The mask has more holes.',
    low: 'The mask has fewer holes.',
  },
  'S9 parameter drift': {
    of: logOf('S9 parameter drift', 1e-3),
    harmIs: 'high',
    high: 'The weights moved far.',
    low: 'The weights hardly moved.',
  },
  'S9 statistics drift': {
    of: logOf('S9 statistics drift', 1e-2),
    harmIs: 'high',
    high: 'The norm statistics moved far.',
    low: 'The norm statistics hardly moved.',
  },
  'S11 distance change': {
    of: (score) => score('S11 distance change'),
    isChange: true,
    harmIs: 'high',
    high: 'To the network the corrected scan looks less like the training scans.',
    low: 'To the network the corrected scan looks more like the training scans.',
  },
  'S12 separation change': {
    of: (score) => score('S12 separation change'),
    isChange: true,
    harmIs: 'low',
    high: 'Intensity tells the labels apart better than before.',
    low: 'Intensity tells the labels apart less well than before.',
  },
  'S13 contrast distance change': {
    of: (score) => score('S13 contrast distance change'),
    isChange: true,
    harmIs: 'high',
    high: 'The contrast between the labels moved away from that of the training scans.',
    low: 'The contrast between the labels moved towards that of the training scans.',
  },
}

/** The source model's own prediction of the scan, as far as a state's worth depends on it. */
const ofScan: Readonly<Record<string, Feature>> = {
  'S4 before': {
    of: (score) => likeness(score('S4 before')),
    harmIs: 'high',
    high: "The source model's mask is steady under held-out views.",
    low: "The source model's mask is not steady under held-out views.",
  },
  'S7 shape before': {
    of: (score) => likeness(score('S7 shape before')),
    harmIs: 'high',
    high: "The shapes of the source model's mask are like those of the training scans.",
    low: "The shapes of the source model's mask are unlike those of the training scans.",
  },
  'S11 norm distance': {
    of: logOf('S11 norm distance', 0),
    harmIs: 'low',
    high: 'To the network the scan is unlike its training scans.',
    low: 'To the network the scan is like its training scans.',
  },
  'gate consistency': {
    of: (score) => likeness(score('gate consistency')),
    harmIs: 'high',
    high: 'The source model agrees with itself on an augmented copy.',
    low: 'The source model disagrees with itself on an augmented copy.',
  },
}

/** Of its mask too, but measured only beside that of a state. */
const ofContrast: Readonly<Record<string, Feature>> = {
  'S12 separation before': {
    of: (score) => score('S12 separation before'),
    harmIs: 'high',
    high: "Intensity already tells the labels of the source model's mask apart.",
    low: "Intensity tells the labels of the source model's mask apart badly.",
  },
  'S13 contrast distance before': {
    of: (score) => score('S13 contrast distance before'),
    harmIs: 'low',
    high: 'The contrast between the labels is unlike that of the training scans.',
    low: 'The contrast between the labels is like that of the training scans.',
  },
}

/** Further ones that only the source model's own Dice is told by. */
const ofSource: Readonly<Record<string, Pick<Feature, 'of'>>> = Object.fromEntries(
  ['S1 entropy before', 'S3 volume distance before', 'S5 proportions before', 'S7 islands before'].map((name) => [
    name,
    { of: (score) => score(name) },
  ]),
)

/** With a sentence each. */
const told: Readonly<Record<string, Feature>> = { ...ofState, ...ofScan, ...ofContrast }

export const scoresOfState: readonly string[] = Object.keys(told)
export const scoresOfSource: readonly string[] = [...Object.keys(ofScan), ...Object.keys(ofSource)]

/** A score as a calibration takes it; NaN where it is not there. */
export function featureOf(name: string, scores: Scores): number {
  const feature = told[name] ?? ofSource[name]
  // A calibration of a later version may know scores that this one does not.
  return feature ? feature.of((score) => scores[score] ?? NaN) : NaN
}

/** undefined: nothing is told of it. */
export const sentencesOf = (name: string): Feature | undefined => told[name]
