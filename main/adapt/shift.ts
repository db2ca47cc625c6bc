import type { ModelCard } from '../model/card.ts'
import type { Vector } from '../volume/volume.ts'
import { isInsideOut } from './contrast.ts'
import { contrastDistance } from './shift-measures.ts'
import type { ShiftMeasures } from './shift-measures.ts'

type Level = 'as-source' | 'shifted' | 'far'

/** In what a scan differs from a model's training scans, and what to do about it. */
export type ShiftCause = {
  readonly cause: string
  readonly title: string
  /** 1: as far as the farthest of the training scans (their 95th percentile). */
  readonly score: number
  readonly level: Level
  readonly finding: string
  readonly advice: string
}
export type ShiftReport = {
  /** unknown: the model's card says nothing of its training scans. */
  readonly level: Level | 'unknown'
  readonly sentence: string
  readonly causes: readonly ShiftCause[]
}

/** From these scores on a difference is worth a word, or great. */
const shifted = 1.25
const far = 2.5
/**
 * Training scans of one simulated scanner lie closer together than scans that nobody would call different. No unit is smaller
 * than this: brightness as a share of the brightest tissue, noise likewise, ln power, ln brightness, share of the area.
 */
const least = { contrast: 0.05, noise: 0.015, detail: 0.25, bias: 0.03, cut: 0.1 }
/** What the default preset's gate asks (methods/consistency.ts): this, or else to be like the training scans to the network. */
const steadyAgreement = 0.92
/** Volumes of healthy heads scatter more than those of a few deformed ones. */
const leastVolumeSd = 0.12
/** Below this share of the expected volume the model sees too little to tell tissues from each other. */
const tooLittle = 0.3

const percent = (share: number): string => `${Math.round(100 * share)} %`
const fine = (share: number): string => `${(100 * share).toFixed(1)} %`
const millimetres = (value: number): string => `${Number(value.toFixed(2))} mm`
const words = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`

const levelOf = (score: number): Level => (score > far ? 'far' : score > shifted ? 'shifted' : 'as-source')

type Found = { readonly score: number; readonly alike: string; readonly unlike: string; readonly advice: string }

/**
 * Compares a scan with the source domain of a model, cause by cause. What the card does not know, or the scan does not show,
 * is left out. spacingMm: the scan's own, in the order of the card's axes.
 */
export function reportShift(measures: ShiftMeasures, card: ModelCard, spacingMm: Vector): ShiftReport {
  const { classDepths } = card.source
  // In a part of the anatomy classes lie elsewhere than in all of it, whatever the contrast.
  const isPart = measures.cut > least.cut
  const inverted = classDepths !== undefined && !isPart && isInsideOut(measures.depths, classDepths)
  const { logVolume } = measures
  const expected = expectedVolume(card)
  // Interpolated pixels hide their noise.
  const coarser = Math.max(...[0, 1].map((axis) => spacingMm[axis]! / (card.input.spacing[axis]! || spacingMm[axis]!)))
  // Where hardly anything was found, what was found is no tissue to measure contrast or bias on.
  const blind = expected !== undefined && !(Math.exp(logVolume) > tooLittle * expected.ml)
  const causes = [
    cause('contrast', 'Contrast', inverted ? insideOut(card) : blind ? undefined : contrast(measures, card)),
    cause('noise', 'Noise', coarser > shifted ? undefined : noise(measures, card)),
    cause('resolution', 'Resolution', resolution(measures, card, spacingMm, coarser)),
    cause('bias-field', 'Bias field', blind ? undefined : biasField(measures, card)),
    cause('field-of-view', 'Field of view', fieldOfView(measures, card, expected)),
    cause('statistics', "The network's statistics", statistics(measures, card)),
    cause('agreement', 'Steadiness of the model', agreement(measures, card)),
  ].filter((one) => one !== undefined)
  return { ...overall(causes, measures, card, inverted), causes }
}

function cause(name: string, title: string, found: Found | undefined): ShiftCause | undefined {
  if (!found || !Number.isFinite(found.score)) return undefined
  const score = Math.max(found.score, 0)
  const level = levelOf(score)
  const isAlike = level === 'as-source'
  return { cause: name, title, score, level, finding: isAlike ? found.alike : found.unlike, advice: isAlike ? '' : found.advice } // prettier-ignore
}

function contrast({ contrast: own }: ShiftMeasures, { source, output }: ModelCard): Found | undefined {
  if (!source.shift) return undefined
  const { contrast: known, contrastP95 } = source.shift
  const distance = contrastDistance(own, known)
  const most = own.findIndex((value, c) => Math.abs(value - known[c]!) === distance)
  const name = output.labels[most]?.name ?? 'a tissue'
  return {
    score: distance / Math.max(contrastP95, least.contrast),
    alike: 'The tissues are as bright, relative to each other, as in the training scans.',
    unlike: `${name} has ${percent(own[most] ?? NaN)} of the brightness of the brightest tissue; in the training scans ${percent(known[most] ?? NaN)}.`,
    advice: `Adaptation maps brightness onto that of the training scans; look at the borders of ${name.toLowerCase()} afterwards.`,
  }
}

function insideOut({ sequence }: ModelCard): Found {
  return {
    score: 2 * far,
    alike: '',
    unlike:
      'The tissues lie in places that they have in no training scan: the contrast seems to be inverted, as in T2-weighting.',
    advice: `Take ${sequence ? `a ${sequence} series` : 'another series'}, or a model for this one. Adapting cannot help here.`,
  }
}

function noise({ noise: own }: ShiftMeasures, { source }: ModelCard): Found | undefined {
  if (!source.shift) return undefined
  const known = Math.max(source.shift.noiseP95, least.noise)
  return {
    score: own / known,
    alike: `There is no more noise than in the training scans (${fine(own)} of the brightest tissue).`,
    unlike: `Noise is ${fine(own)} of the brightest tissue; in the training scans it is up to ${fine(known)}.`,
    advice: 'Adaptation can help; thin structures stay less certain, so look at them first.',
  }
}

function resolution(
  { detail }: ShiftMeasures,
  { source }: ModelCard,
  spacingMm: Vector,
  coarser: number,
): Found | undefined {
  if (!source.shift) return undefined
  const change = detail - source.shift.detail
  const pixels =
    coarser > shifted ? ` Its pixels are ${millimetres(spacingMm[0])} by ${millimetres(spacingMm[1])}.` : ''
  const share = percent(Math.exp(change / 2))
  return {
    score: Math.max(Math.abs(change) / Math.max(source.shift.detailP95, least.detail), pixels ? coarser : 0),
    alike: 'Fine detail is as sharp as in the training scans.',
    unlike:
      change < 0
        ? `Fine detail has ${share} of the strength that it has in the training scans: the image is softer.${pixels}`
        : `Fine detail has ${share} of the strength that it has in the training scans: edges are enhanced.${pixels}`,
    advice:
      change < 0
        ? 'Adaptation sharpens it only so far; small folds may be missed.'
        : 'If the scanner can send the series without its edge filter, take that one; else adapt.',
  }
}

function biasField({ bias }: ShiftMeasures, { source }: ModelCard): Found | undefined {
  if (!source.shift) return undefined
  const known = Math.max(source.shift.biasP95, least.bias)
  return {
    score: bias / known,
    alike: 'Brightness is even across the image.',
    unlike: `Brightness varies across the image by some ${percent(bias)}; in the training scans by up to ${percent(known)}.`,
    advice:
      'Adaptation evens it out. If the scanner offers a series with its own correction, that one is better still.',
  }
}

type Expected = { readonly ml: number; readonly sd: number }

/** Of all labels together; the log of a sum scatters about as its largest part. */
function expectedVolume({ source }: ModelCard): Expected | undefined {
  if (!source.logVolumes?.length) return undefined
  const ml = source.logVolumes.map(({ mean, sd }) => ({ ml: Math.exp(mean), sd }))
  const largest = ml.reduce((a, b) => (b.ml > a.ml ? b : a))
  return { ml: ml.reduce((sum, one) => sum + one.ml, 0), sd: Math.max(largest.sd, leastVolumeSd) }
}

function fieldOfView(
  { cut, logVolume }: ShiftMeasures,
  { source }: ModelCard,
  expected: Expected | undefined,
): Found | undefined {
  if (!source.shift && !expected) return undefined
  const ofCut = Number.isFinite(cut) ? cut / Math.max(source.shift?.cutP95 ?? 0, least.cut) : 0
  // Smaller only: a larger one is no matter of what was scanned.
  const ofVolume = expected ? (Math.log(expected.ml) - logVolume) / (2 * expected.sd) : 0
  const found = Number.isFinite(logVolume) ? `${Math.round(Math.exp(logVolume))} ml` : 'nothing'
  const isCut = ofCut > shifted || !expected
  return {
    score: Math.min(Math.max(ofCut, ofVolume), 10),
    alike: 'All of the anatomy seems to be in the scan.',
    unlike: isCut
      ? `The scan ends within the anatomy: ${percent(Math.min(cut, 1))} of its largest section lies on an edge of the scan.`
      : `The model finds ${found} where training scans have ${Math.round(expected.ml)} ml: part of the anatomy lies outside of the scan, or is missed.`,
    advice: isCut
      ? 'Volumes are those of what was scanned; take a series that shows all of it where there is one.'
      : 'Look at the first mask: if the anatomy is there and was missed, adapt; if not, take another series.',
  }
}

function statistics({ normDistance }: ShiftMeasures, { source }: ModelCard): Found | undefined {
  const { normDistanceP95: known } = source
  if (known === undefined) return undefined
  return {
    score: normDistance / known,
    alike: 'What the network sees in its layers is what it saw in training.',
    unlike: `What the network sees in its layers is ${(normDistance / known).toFixed(1)} times as far from training as training scans are.`,
    advice: 'Adapt: this is what the norm statistics and the training steps are for.',
  }
}

function agreement({ agreement: own }: ShiftMeasures, { source }: ModelCard): Found | undefined {
  if (!source.consistency) return undefined
  // A model that is steadier than it need be on its own scans is steady enough elsewhere with a little less.
  const known = Math.min(source.consistency.p05, steadyAgreement)
  return {
    score: (1 - own) / (1 - known),
    alike: `On an altered copy of the scan the model gives nearly the same mask (Dice ${own.toFixed(2)}).`,
    unlike: `On an altered copy of the scan the model gives another mask (Dice ${own.toFixed(2)}; where it is steady ${known.toFixed(2)} or more).`,
    advice: 'Adapt, and compare the masks before and after.',
  }
}

function overall(
  causes: readonly ShiftCause[],
  { agreement: own, normDistance }: ShiftMeasures,
  { source }: ModelCard,
  inverted: boolean,
): Pick<ShiftReport, 'level' | 'sentence'> {
  if (causes.length === 0)
    return {
      level: 'unknown',
      sentence: "The model's card says nothing of its training scans, so the scan cannot be compared with them.",
    }
  if (inverted)
    return {
      level: 'far',
      sentence: 'The scan seems to be of inverted contrast, which the model has never seen: it will not be adapted to.',
    }
  const fired = causes.filter(({ level }) => level !== 'as-source')
  if (fired.length === 0)
    return {
      level: 'as-source',
      sentence: 'The scan is like the scans that the model was trained on: adapting would hardly change anything.',
    }
  const what = words(fired.map(({ cause, title }) => names[cause] ?? title.toLowerCase()))
  const isLikeSource = own >= (source.consistency?.p05 ?? Infinity) && normDistance <= (source.normDistanceP95 ?? 0)
  const isSteady = own >= steadyAgreement || isLikeSource
  if (isSteady)
    return {
      level: 'shifted',
      sentence: `The scan differs from the training scans in ${what}, but the model is steady on it: adapting will change little.`,
    }
  const level = fired.some((one) => one.level === 'far') ? 'far' : 'shifted'
  return {
    level,
    sentence: `The scan differs from the training scans in ${what}: adapting is worth trying, and its result worth a look.`,
  }
}

/** The causes within a sentence. */
const names: Readonly<Record<string, string>> = {
  'bias-field': 'evenness of brightness',
  'field-of-view': 'field of view',
  statistics: 'what the network sees',
  agreement: 'how steady the model is',
}
