/** Which of the guard's scores a calibration uses, and what each says in plain words. */

type Sentences = {
  /** On which side it speaks of harm. */
  readonly harmIs: 'high' | 'low'
  /** The score is higher than in most states, or lower. */
  readonly high: string
  readonly low: string
}

/** Scores of a state: how it differs from the source model's prediction, and what scan it is on. */
const ofState: Readonly<Record<string, Sentences>> = {
  'S1 entropy ratio': {
    harmIs: 'low',
    high: 'The model became less sure at the borders of the mask.',
    low: 'The model became surer at the borders of the mask.',
  },
  'S2 mean overlap': { harmIs: 'low', high: 'The mask changed little.', low: 'The mask changed much.' },
  'S2 least overlap': { harmIs: 'low', high: 'No label changed much.', low: 'One of the labels changed much.' },
  'S2 divergence': {
    harmIs: 'high',
    high: 'At the borders the prediction moved far from that of the source model.',
    low: 'At the borders the prediction stayed close to that of the source model.',
  },
  'S3 largest change': {
    harmIs: 'high',
    high: 'The volume of a label changed much.',
    low: 'The volumes of the labels hardly changed.',
  },
  'S3 volume distance change': {
    harmIs: 'high',
    high: 'The volumes moved away from those of the training scans.',
    low: 'The volumes moved towards those of the training scans.',
  },
  'S4 change': {
    harmIs: 'low',
    high: 'The mask became steadier under views that were held out.',
    low: 'The mask became less steady under views that were held out.',
  },
  'S5 proportions change': {
    harmIs: 'high',
    high: 'The proportions of the labels moved away from those of the training scans.',
    low: 'The proportions of the labels moved towards those of the training scans.',
  },
  'S7 shape change': {
    harmIs: 'low',
    high: 'The shapes of the mask became more like those of the training scans.',
    low: 'The shapes of the mask became less like those of the training scans.',
  },
  'S7 islands change': {
    harmIs: 'high',
    high: 'More of the mask lies in islands.',
    low: 'Less of the mask lies in islands.',
  },
  'S7 holes change': { harmIs: 'high', high: 'The mask has more holes.', low: 'The mask has fewer holes.' },
  'S9 parameter drift': { harmIs: 'high', high: 'The weights moved far.', low: 'The weights hardly moved.' },
  'S9 statistics drift': {
    harmIs: 'high',
    high: 'The norm statistics moved far.',
    low: 'The norm statistics hardly moved.',
  },
  'S11 distance change': {
    harmIs: 'high',
    high: 'To the network the corrected scan looks less like the training scans.',
    low: 'To the network the corrected scan looks more like the training scans.',
  },
  'S12 separation change': {
    harmIs: 'low',
    high: 'Intensity tells the labels apart better than before.',
    low: 'Intensity tells the labels apart less well than before.',
  },
  'S13 contrast distance change': {
    harmIs: 'high',
    high: 'The contrast between the labels moved away from that of the training scans.',
    low: 'The contrast between the labels moved towards that of the training scans.',
  },
}

/** Scores of the source model's own prediction of the scan. */
const ofSource: Readonly<Record<string, Sentences>> = {
  'S1 entropy before': {
    harmIs: 'low',
    high: 'The source model is unsure at the borders of its mask.',
    low: 'The source model is sure at the borders of its mask.',
  },
  'S3 volume distance before': {
    harmIs: 'low',
    high: "The source model's volumes are unlike those of the training scans.",
    low: "The source model's volumes are like those of the training scans.",
  },
  'S4 before': {
    harmIs: 'high',
    high: "The source model's mask is steady under held-out views.",
    low: "The source model's mask is not steady under held-out views.",
  },
  'S5 proportions before': {
    harmIs: 'low',
    high: "The source model's proportions of the labels are unlike those of the training scans.",
    low: "The source model's proportions of the labels are like those of the training scans.",
  },
  'S7 shape before': {
    harmIs: 'high',
    high: "The shapes of the source model's mask are like those of the training scans.",
    low: "The shapes of the source model's mask are unlike those of the training scans.",
  },
  'S7 islands before': {
    harmIs: 'low',
    high: "Much of the source model's mask lies in islands.",
    low: "The source model's mask hangs together.",
  },
  'S11 norm distance': {
    harmIs: 'low',
    high: 'To the network the scan is unlike its training scans.',
    low: 'To the network the scan is like its training scans.',
  },
  'gate consistency': {
    harmIs: 'high',
    high: 'The source model agrees with itself on an augmented copy.',
    low: 'The source model disagrees with itself on an augmented copy.',
  },
}

export const scoresOfSource: readonly string[] = Object.keys(ofSource)
export const scoresOfState: readonly string[] = [...Object.keys(ofState), ...scoresOfSource]

export const sentencesOf = (score: string): Sentences => (ofState[score] ?? ofSource[score])!
