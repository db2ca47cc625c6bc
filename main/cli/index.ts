import type { Command } from 'commander'
import type { OpenedStudy } from '../app/study.ts'
import { action, command } from './command.ts'
import type { Shell } from './shell.ts'
import { count, table } from './print.ts'

export function indexCommand(shell: Shell): Command {
  return command('index', 'lists studies and series, grouped by scanner', 'scanbridge index scans/ --json')
    .argument('<path>', 'DICOM file or folder, DICOMDIR, ZIP of these, or NIfTI file')
    .action(
      action<[path: string]>(shell, async ({ signal, progress }, path) => {
        const { openStudy } = await import('../app/study.ts')
        const onProgress = (done: number, total: number): void => progress.update('reading', done / total)
        const study = await openStudy(path, { signal, onProgress })
        return { json: { series: study.series, rejected: study.rejected }, text: listing(study) }
      }),
    )
}

function listing({ series, rejected }: OpenedStudy): string {
  const scanners = [...new Set(series.map(({ scanner }) => scanner.key))].sort()
  const groups = scanners.map((key) => {
    const own = series.filter(({ scanner }) => scanner.key === key)
    const { manufacturer, model, fieldStrength } = own[0]!.scanner
    const name = [manufacturer, model, fieldStrength ? `${Math.round(fieldStrength * 10) / 10} T` : ''].filter(Boolean)
    const rows = own.flatMap((one) =>
      one.volumes.length === 0
        ? [[one.seriesNumber ?? '', one.modality, one.description, '', '', one.problems.join(' ')]]
        : one.volumes.map((volume, n) => [
            n === 0 ? (one.seriesNumber ?? '') : '',
            one.modality,
            one.description,
            volume.shape.join(' x '),
            `${volume.spacing.map((mm) => Number(mm.toFixed(2))).join(' x ')} mm`,
            n === 0 ? [volume.kind, ...one.problems].join('; ') : volume.kind,
          ]),
    )
    return `${name.join(' ') || 'Unknown scanner'} (${key})\n${table(['series', '', 'description', 'voxels', 'spacing', 'notes'], rows)}`
  })
  const refused = rejected.map(({ file, reason }) => `  ${file}: ${reason}`)
  const left = rejected.length ? [`${count(rejected.length, 'file')} left out:`, ...refused.slice(0, 20)] : []
  const more = rejected.length > 20 ? [`  and ${rejected.length - 20} more; --json lists all`] : []
  return [...groups, [...left, ...more].join('\n')].filter(Boolean).join('\n\n')
}
