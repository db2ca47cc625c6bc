import { curve, figure, volumeBars } from './charts.ts'
import type { Series } from './charts.ts'
import { change, date, milliseconds, none, number } from './format.ts'
import type { PictureRow } from './panels.ts'
import type { Report, VolumeRow } from './report.ts'
import { isTold, scoreNames } from './scores.ts'
import { colors, rectangle } from './scene.ts'
import type { Mark, Scene } from './scene.ts'

/** What stands in a report, whatever the format: html.ts and pdf.ts lay it out. */
export type Content = {
  readonly report: Report
  readonly rows: readonly PictureRow[]
  /** Grey pictures by name, PNG. */
  readonly pictures: ReadonlyMap<string, Uint8Array>
}

/** "Philips Ingenia, 3 T", or what else is known of where the scan came from. */
export function scannerTitle({ report }: Content): string {
  const scanner = report.input.scanner
  const name = [scanner?.manufacturer, scanner?.model].filter(Boolean).join(' ')
  if (!scanner || name === '') return report.input.kind === 'nifti' ? 'a NIfTI volume' : 'an unnamed scanner'
  return scanner.fieldStrength ? `${name}, ${Math.round(scanner.fieldStrength * 10) / 10} T` : name
}

export type Tone = 'good' | 'bad' | 'note' | 'plain'

export function verdictBadge({ verdict, run }: Report): { text: string; tone: Tone } {
  if (run.state === 'interrupted') return { text: 'Interrupted', tone: 'bad' }
  if (run.state !== 'done') return { text: run.state, tone: run.state === 'failed' ? 'bad' : 'plain' }
  return {
    accepted: { text: 'Adaptation kept', tone: 'good' as const },
    'not-needed': { text: 'No adaptation needed', tone: 'note' as const },
    'rolled-back': { text: 'Rolled back', tone: 'bad' as const },
    overruled: { text: 'Guard overruled', tone: 'plain' as const },
    off: { text: 'Not guarded', tone: 'plain' as const },
  }[verdict.verdict]
}

/** "After: step 5, kept". */
export function afterName(compared: Report['compared']): string {
  return compared ? `After: step ${compared.step}, ${compared.isKept ? 'kept' : 'not kept'}` : 'After'
}

/** Name, figure, and what it means. */
export type Tile = readonly [name: string, figure: string, detail: string]

export function tiles({ volumes, run, timing, reference, method, compared }: Report): Tile[] {
  const sum = (values: readonly (number | null)[]): number | null =>
    values.includes(null) ? null : values.reduce<number>((total, value) => total + value!, 0)
  const before = sum(volumes.map((row) => row.beforeMl))
  const after = sum(volumes.map((row) => row.afterMl))
  const mean = (values: readonly (number | null | undefined)[]): number | null => {
    const known = values.filter((value): value is number => value != null)
    return known.length ? known.reduce((total, value) => total + value, 0) / known.length : null
  }
  const total = timing['totalMs']
  return [
    ...(volumes.length
      ? [
          [
            'All labels',
            `${number(after ?? before, 0)} ml`,
            after === null ? 'source model' : `${number(before, 0)} ml before`,
          ] as const,
        ]
      : []),
    ...(compared
      ? [['Masks agree', number(mean(volumes.map((row) => row.agreement)), 3), 'mean Dice, before with after'] as const]
      : []),
    ...(reference
      ? [
          [
            'Against the reference',
            number(mean(reference.map((r) => r.after?.dice ?? r.before?.dice)), 3),
            `mean Dice; ${number(mean(reference.map((r) => r.before?.dice)), 3)} before`,
          ] as const,
        ]
      : []),
    ['Steps', String(run.steps), method.name],
    ...(total === undefined ? [] : [['Time', milliseconds(total), 'from reading to masks'] as const]),
  ]
}

/** Every term of the loss and every score that was followed, as curves over the steps. Without steps: none. */
export function curves({ steps }: Report): { title: string; scenes: Scene[] }[] {
  const series = (pick: (step: Report['steps'][number]) => Record<string, number | null>): Series[] => {
    const told = steps.filter(({ phase }) => phase !== 'final')
    const names = [...new Set(told.flatMap((step) => Object.keys(pick(step))))].filter(
      (name) => !/^S\d/.test(name) || isTold(name),
    )
    return names.map((name) => {
      const points = told.filter((step) => name in pick(step)).map((step) => [step.step, pick(step)[name]!] as const)
      return { name: / /.test(name) ? scoreNames(name).name : spaced(name), points }
    })
  }
  const isFollowed = ({ points }: Series): boolean => points.filter(([, value]) => value !== null).length > 1
  return [
    { title: 'Loss', all: series((step) => step.loss) },
    { title: 'Scores', all: series((step) => step.scores) },
    { title: 'Gradient', all: series((step) => ({ normOfTheGradient: step.gradNorm })) },
  ]
    .map(({ title, all }) => ({ title, scenes: all.filter(isFollowed).map(curve) }))
    .filter(({ scenes }) => scenes.length > 0)
}

export function bars({ volumes }: Report): Scene {
  return volumeBars(volumes.map((row) => ({ name: row.name, before: row.beforeMl, after: row.afterMl ?? undefined })))
}

export type Table = {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns of numbers, to be set to the right. */
  readonly numbers: readonly number[]
  /** The last row is the sum of the others. */
  readonly hasTotal?: boolean
}

export function volumeTable({ volumes, compared }: Report): Table {
  type Sums = Pick<VolumeRow, 'beforeMl' | 'afterMl' | 'keptMl' | 'changeMl'>
  const isOther = compared !== null && !compared.isKept
  const row = (name: string, ml: Sums, agreement: number | null): string[] => [
    name,
    number(ml.beforeMl, 1),
    number(ml.afterMl, 1),
    ...(isOther ? [number(ml.keptMl, 1)] : []),
    change(ml.changeMl, 1, ''),
    change(ml.changeMl === null || ml.beforeMl === 0 ? null : (100 * ml.changeMl) / ml.beforeMl, 1, ' %'),
    number(agreement, 3),
  ]
  const total = volumes.reduce<Sums>(
    (sum, ml) => ({
      beforeMl: sum.beforeMl + ml.beforeMl,
      afterMl: sum.afterMl === null || ml.afterMl === null ? null : sum.afterMl + ml.afterMl,
      keptMl: sum.keptMl + ml.keptMl,
      changeMl: sum.changeMl === null || ml.changeMl === null ? null : sum.changeMl + ml.changeMl,
    }),
    { beforeMl: 0, afterMl: 0, keptMl: 0, changeMl: 0 },
  )
  const hasTotal = volumes.length > 1
  const rows = volumes.map((ml) => row(ml.name, ml, ml.agreement))
  const after = compared ? `Step ${compared.step}${compared.isKept ? ', kept' : ''}, ml` : 'After, ml'
  const header = [
    'Label',
    'Before, ml',
    after,
    ...(isOther ? ['Kept, ml'] : []),
    'Change, ml',
    'Change',
    'Dice before/after',
  ]
  return {
    header,
    rows: hasTotal ? [...rows, row('All labels', total, null)] : rows,
    numbers: header.map((_, n) => n).slice(1),
    hasTotal,
  }
}

export function referenceTable({ reference }: Report): Table | undefined {
  if (!reference) return undefined
  return {
    header: ['Label', 'Dice before', 'Dice after', 'Change', 'Reference, ml'],
    rows: reference.map(({ name, before, after }) => {
      const gain = before?.dice != null && after?.dice != null ? after.dice - before.dice : null
      return [
        name,
        number(before?.dice ?? null, 4),
        number(after?.dice ?? null, 4),
        change(gain, 4, ''),
        number(before?.volume ?? null, 1),
      ]
    }),
    numbers: [1, 2, 3, 4],
  }
}

/** A meaning that several scores share, one a label, stands at the first of them. */
export function scoreTable({ verdict }: Report): Table {
  const scores = verdict.scores.filter(({ key }) => isTold(key))
  return {
    header: ['Score', 'Value', 'What it says'],
    rows: scores.map(({ name, value, meaning }, n) => {
      const isSaid = meaning === scores[n - 1]?.meaning
      return [name, value === null ? none : figure(value), isSaid ? '' : meaning]
    }),
    numbers: [1],
  }
}

export function stepTable({ steps, run }: Report): Table {
  const cell = (value: number | null | undefined): string => (value == null ? none : figure(value))
  return {
    header: ['Step', 'Phase', 'Loss', 'Learning rate', 'Gradient norm', 'Elapsed', 'Stored'],
    rows: steps.map((step) => [
      `${step.step}`,
      step.phase,
      cell(step.loss['total']),
      cell(step.learningRate),
      cell(step.gradNorm),
      milliseconds(step.elapsedMs),
      [
        step.checkpoint ? 'parameters' : '',
        step.mask ? 'mask' : '',
        step.step === run.kept && step.phase !== 'final' ? 'kept' : '',
      ]
        .filter(Boolean)
        .join(', ') || none,
    ]),
    numbers: [0, 2, 3, 4, 5],
  }
}

/** Name and value; `mono` for hashes. */
export type Fact = { readonly name: string; readonly value: string; readonly mono?: true }

type Group = { readonly title: string; readonly facts: readonly Fact[] }

const voxels = ({ shape, spacing }: Pick<Report['input'], 'shape' | 'spacing'>): string =>
  `${shape.join(' \u00d7 ')}, ${spacing.map((mm) => figure(mm)).join(' \u00d7 ')} mm`

export function provenance(report: Report): Group[] {
  const { input, model, method, engine, scanbridge, run, timing, files, identity, history } = report
  const scanner = input.scanner
  const field = scanner?.fieldStrength ? `${Math.round(scanner.fieldStrength * 10) / 10} T` : ''
  const parameters = Object.entries(method.parameters).map(([key, value]) => `${key} = ${value}`)
  const groups: Group[] = [
    ...(identity
      ? [
          {
            title: 'Identity',
            facts: Object.entries(identity)
              .filter(([, value]) => value !== '')
              .map(([key, value]) => ({ name: spaced(key), value })),
          },
        ]
      : []),
    {
      title: 'Input',
      facts: [
        {
          name: 'Kind',
          value: [input.kind === 'dicom' ? 'DICOM' : 'NIfTI', input.modality].filter(Boolean).join(', '),
        },
        ...(scanner
          ? [
              {
                name: 'Scanner',
                value:
                  [scanner.manufacturer, scanner.model, field, scanner.softwareVersions].filter(Boolean).join(', ') ||
                  'unknown',
              },
              { name: 'Scanner key', value: scanner.key, mono: true as const },
            ]
          : []),
        {
          name: 'Voxels',
          value: voxels(input),
        },
        { name: 'Series hash (SHA-256)', value: input.seriesHash, mono: true },
        ...input.notes.map((value) => ({ name: 'Note', value })),
      ],
    },
    {
      title: 'Other series of the study',
      facts: (report.with ?? []).flatMap((other) => [
        { name: other.name, value: [voxels(other), other.scanner?.model].filter(Boolean).join(', ') },
        { name: 'What was done', value: other.outcome?.sentence ?? 'The run ended before it came to that.' },
        { name: 'Series hash (SHA-256)', value: other.seriesHash, mono: true as const },
      ]),
    },
    {
      title: 'Model and method',
      facts: [
        { name: 'Model', value: `${model.name} ${model.version}` },
        { name: 'Model hash (SHA-256)', value: model.sha256, mono: true },
        { name: 'Method', value: method.name },
        { name: 'Parameters', value: parameters.join(', ') || 'none' },
        { name: 'Seed', value: `${method.seed}` },
      ],
    },
    {
      title: 'Made with',
      facts: [
        {
          name: 'Scanbridge',
          value: [scanbridge.version, scanbridge.commit?.slice(0, 12)].filter(Boolean).join(', commit '),
        },
        {
          name: 'Engine',
          value: `${engine.name}, TensorFlow ${engine.tensorflow}, ${engine.device}, ${engine.threads} threads`,
        },
        ...engine.notes.map((value) => ({ name: 'Note', value })),
        { name: 'Run', value: run.id, mono: true },
        { name: 'Begun', value: date(run.created) },
        ...Object.entries(timing).map(([stage, ms]) => ({
          name: `Time: ${spaced(stage.replace(/Ms$/, '')).toLowerCase()}`,
          value: milliseconds(ms),
        })),
      ],
    },
    { title: 'Decisions', facts: history.map(({ time, detail }) => ({ name: date(time), value: detail })) },
    { title: 'Files (SHA-256)', facts: files.map(({ name, sha256 }) => ({ name, value: sha256, mono: true })) },
  ]
  return groups.filter(({ facts }) => facts.length > 0)
}

export const definitions: readonly (readonly [string, string])[] = [
  ['Before', 'the mask of the source model as it was shipped.'],
  [
    'After',
    'the mask that this report sets beside it: of the step that was kept, or of the last step where the source model was kept.',
  ],
  ['Kept', 'the one that stands in mask.nii.gz. Any stored step can be kept instead with "scanbridge rollback".'],
  [
    'Dice',
    'twice the common volume over the sum of both volumes: 1 for the same mask, 0 for none in common. Between before and after it tells how much changed, not which is right.',
  ],
  ['ml', 'voxels of the label times the volume of a voxel, on the scan\u2019s own grid.'],
]

/** Swatches that explain the picture panels. */
export function legends(report: Report, hasChange: boolean): { name: string; scene: Scene }[] {
  const swatch = (title: string, marks: readonly Mark[]): { name: string; scene: Scene } => ({
    name: title,
    scene: { width: 26, height: 14, title, hatchStep: 3, marks },
  })
  const box = rectangle(1, 1, 24, 12)
  const line = 'M1 7L25 7'
  const area = (color: `#${string}`, hatch: 'rising' | 'falling' | 'dotted'): Mark[] => [
    { kind: 'path', d: box, fill: color, opacity: 0.4 },
    { kind: 'path', d: box, fill: color, hatch },
  ]
  const labels = report.model.labels.map(({ name, color }) =>
    swatch(name, [
      { kind: 'path', d: box, fill: color as `#${string}`, opacity: 0.35 },
      { kind: 'path', d: box, stroke: color as `#${string}`, width: 1.6 },
    ]),
  )
  if (!hasChange) return labels
  return [
    ...labels,
    swatch('outline before', [{ kind: 'path', d: line, stroke: colors.before, width: 2.4, dash: [5, 3] }]),
    swatch('outline after', [{ kind: 'path', d: line, stroke: colors.after, width: 2.4 }]),
    swatch('gained', area(colors.gained, 'rising')),
    swatch('lost', area(colors.lost, 'falling')),
    swatch('other label', area(colors.changed, 'dotted')),
  ]
}

/** "seriesDescription" as "Series description". */
function spaced(key: string): string {
  const words = key.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
  return words[0]!.toUpperCase() + words.slice(1)
}
