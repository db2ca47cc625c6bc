import type { RunRecord } from '../runs/run.ts'

/** What the model's calibration expects of the kept mask, with its own error; undefined where it has none, or where a person
 *  kept a state of which it was not asked. */
export function expectedSentence({ guard, guardChoice, kept }: RunRecord): string | undefined {
  const { expectedDice: expected } = guard
  if (!expected) return undefined
  const { source, interval, error, cases } = expected
  const figure = (dice: number): string => dice.toFixed(2)
  const checked = `An estimate without labels: on ${cases} labelled scans of scanners left out of its fit it was off by ${error.toFixed(3)} on average.`
  if (kept !== guardChoice?.kept)
    return kept === 'source'
      ? `Expected mean Dice of the source model's mask: ${figure(source)}. ${checked}`
      : undefined
  const before = kept === 'source' ? '' : `; source model ${figure(source)}`
  return `Expected mean Dice ${figure(expected.kept)} (${interval.map(figure).join(' to ')})${before}. ${checked}`
}
