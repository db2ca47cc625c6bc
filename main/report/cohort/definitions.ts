import type { Evaluation } from '../../evaluate/evaluation.ts'

/** What the words and numbers of a cohort's report mean, complete enough to be done again elsewhere. */
export function definitions({ toleranceMm, guard }: Evaluation): readonly (readonly [string, string])[] {
  return [
    ['Before', 'The mask of the source model as it was shipped, without any adaptation.'],
    ['Last step', 'The mask after the last step of the method on this one scan, whatever the guard said.'],
    [
      'Kept',
      guard
        ? 'The mask that stands in the end: of the step that the guard accepted, or the source model\u2019s where it rolled back or found adaptation not needed. The guard sees no reference.'
        : 'The mask that stands in the end. The guard was off, so it is that of the last step.',
    ],
    [
      'Scoring',
      'Each case by itself, on the scan\u2019s own grid, in millimetres and millilitres. Each episode starts from the source weights: no case learns from another.',
    ],
    [
      'Dice',
      'Twice the common volume over the sum of both volumes, no smoothing: 1 for the same mask, 0 for none in common.',
    ],
    [
      'Surface',
      'Voxels of the mask with at least one of their six neighbours by faces outside it; outside the image counts as outside. Distances run between voxel centres, from each surface voxel to the nearest of the other surface.',
    ],
    [
      'HD95',
      'The larger of the two directed 95th percentiles of surface distances, in mm (linear interpolation between ranks).',
    ],
    ['ASSD', 'Mean of the surface distances of both directions joined, in mm.'],
    ['Surface Dice', `Share of the voxels of both surfaces that lie within ${toleranceMm} mm of the other surface.`],
    ['Volume difference', 'Volume of the mask minus that of the reference, in ml.'],
    [
      'Empty masks',
      'Both empty: Dice and surface Dice 1, distances 0; such cases are counted apart in the tables. One empty: Dice and surface Dice 0, distances undefined. Undefined distances are counted in the tables, and in the penalised mean the diagonal of the field of view stands for them. No case is dropped silently; medians of distances are over cases in which all three masks have one.',
    ],
    [
      'Interval',
      '95 % interval of the median: bias-corrected and accelerated bootstrap over cases (Efron 1987). The medians of all resamples are counted out, in place of a number of random ones: the interval needs no seed.',
    ],
    [
      'p',
      'Wilcoxon\u2019s signed-rank test of the changes case by case, two-sided; cases without a change are left out, ties share their mean rank; exact up to 50 pairs, normal with correction for ties above.',
    ],
    [
      'Holm',
      'p corrected after Holm (1979). The family is every label (and their mean) in every group of the tables, for one method, one metric and one of the two states (last step, kept).',
    ],
    [
      'Effect',
      'Matched-pairs rank-biserial correlation of the changes: 1 where every change is a rise, \u22121 where every one is a fall.',
    ],
    ['Harmed', 'Share of cases whose Dice, mean of labels, falls by more than 0.01 against before.'],
    [
      'Recovered',
      '100 times the sum of the changes over the sum of what was lost (mean Dice of the in-domain group before, less the case\u2019s before), over all cases outside the in-domain group, pooled: Dice is the mean of labels. Negative: more was lost.',
    ],
    [
      'In domain',
      'Cases that the manifest marks with "reference" in its column group: scans like those of the training.',
    ],
    [
      'Limits of agreement',
      'Mean of the volume differences (bias) and 1.96 standard deviations either way (Bland and Altman 1986).',
    ],
    [
      'Boxes',
      'From the first to the third quartile with the median; whiskers to the least and the largest value; every point is a case.',
    ],
    ['Few cases', 'Below 6 pairs, a two-sided signed-rank test cannot reach 5 % whatever the data.'],
  ]
}
