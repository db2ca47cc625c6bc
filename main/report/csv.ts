import type { Report } from './report.ts'

const header = [
  'run',
  'created',
  'state',
  'verdict',
  'kept',
  'model',
  'model_sha256',
  'method',
  'seed',
  'engine',
  'scanner',
  'series_sha256',
  'label',
  'compared_step',
  'before_ml',
  'after_ml',
  'kept_ml',
  'change_ml',
  'change_percent',
  'dice_before_after',
  'reference_dice_before',
  'reference_dice_after',
] as const

/** One line per label, so that the reports of many runs can be put below each other. RFC 4180. A run without masks: the header. */
export function csv(report: Report): string {
  const { run, verdict, model, method, engine, input } = report
  const lines = report.volumes.map((row) => {
    const reference = report.reference?.find(({ name }) => name === row.name)
    return [
      run.id,
      run.created,
      run.state,
      verdict.verdict,
      run.kept,
      model.name,
      model.sha256,
      method.name,
      method.seed,
      engine.name,
      input.scanner?.key ?? null,
      input.seriesHash,
      row.name,
      report.compared?.step ?? null,
      row.beforeMl,
      row.afterMl,
      row.keptMl,
      row.changeMl,
      row.changePercent,
      row.agreement,
      reference?.before?.dice ?? null,
      reference?.after?.dice ?? null,
    ]
      .map(cell)
      .join(',')
  })
  return [header.join(','), ...lines].join('\r\n') + '\r\n'
}

/** Missing: empty. Text that a spreadsheet would take for a formula gets an apostrophe. */
export function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(Number(value.toPrecision(9)))
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
