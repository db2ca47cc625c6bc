import type { RunRecord } from '../app/adapt.ts'
import { expectedSentence } from '../app/expected.ts'
import { table } from './print.ts'

/** What a run came to, for a person at a terminal. */
export function summary(folder: string, record: RunRecord): string {
  const { guard, kept, volumes, input, engine, timing, reference } = record
  const expected = expectedSentence(record)
  const cell = (ml: number | null): string => (ml === null ? '-' : ml.toFixed(1))
  const rows = Object.entries(volumes).map(([name, ml]) => [name, cell(ml.before), cell(ml.after), cell(ml.kept)])
  const dice = Object.entries(reference?.before ?? {}).map(([name, before]) => {
    const dice = [before, reference?.after[name], reference?.kept?.[name]].map((one) => one?.dice?.toFixed(4) ?? '-')
    return [name, ...dice]
  })
  const seconds = timing['totalMs'] === undefined ? '' : ` in ${(timing['totalMs'] / 1000).toFixed(1)} s`
  return [
    `${verdicts[guard.verdict]} Kept: ${kept === 'source' ? 'the source mask' : `the mask after step ${kept}`}${seconds}.`,
    ...(expected ? [expected] : []),
    ...guard.reasons.map((reason) => `  - ${reason}`),
    '',
    table(['label', 'before, ml', 'after, ml', 'kept, ml'], rows),
    ...(dice.length ? ['', table(['label', 'Dice before', 'Dice after', 'Dice kept'], dice)] : []),
    ...[...input.notes, ...engine.notes].map((note) => `Note: ${note}`),
    '',
    `Report: ${folder}/report.html`,
  ].join('\n')
}

const verdicts: Readonly<Record<RunRecord['guard']['verdict'], string>> = {
  accepted: 'The guard accepts the adaptation.',
  'not-needed': 'No adaptation was needed.',
  'rolled-back': 'The guard rolled the adaptation back.',
  overruled: 'The guard was overruled.',
  off: 'No guard judged this run.',
}
