import { UserError } from '../errors.ts'
import { spacing } from '../volume/affine.ts'
import { writeNifti } from '../volume/nifti.ts'
import type { Shape, Vector } from '../volume/volume.ts'
import { inFolder, writeNewFile } from './output-files.ts'
import type { Work } from './progress.ts'
import { openStudy, selectSeries } from './study.ts'
import type { OpenedStudy, SeriesSummary } from './study.ts'

export type ConvertRequest = {
  readonly path: string
  /** SeriesInstanceUID or series number; without it all volumes are written, `out` being a folder. */
  readonly series?: string | undefined
  /** Which volume of the series, from 1. */
  readonly volume?: number | undefined
  readonly out: string
}

export type Converted = {
  readonly file: string
  readonly seriesUid: string
  readonly seriesNumber: number | null
  readonly volume: number
  readonly shape: Shape
  readonly spacing: Vector
  readonly notes: readonly string[]
}

type Wanted = { readonly series: SeriesSummary; readonly index: number; readonly file: string }

/** Volumes to NIfTI. Those of a study that cannot be read are returned with their reason; the others are written. */
export async function convert(
  request: ConvertRequest,
  work: Work,
): Promise<{ written: Converted[]; rejected: { file: string; reason: string }[] }> {
  const { signal } = work
  const study = await openStudy(request.path, {
    signal,
    onProgress: (done, total) => work.onProgress('reading', done / total),
  })
  const wanted = request.series === undefined ? everything(study, request.out) : [one(study, request)]
  const written: Converted[] = []
  const rejected = [...study.rejected]
  for (const [n, { series, index, file }] of wanted.entries()) {
    signal.throwIfAborted()
    work.onProgress('converting', n / wanted.length)
    try {
      const { volume, notes } = await study.load(series.seriesUid, index, { signal })
      await writeNewFile(file, writeNifti(volume))
      written.push({
        file,
        seriesUid: series.seriesUid,
        seriesNumber: series.seriesNumber,
        volume: index + 1,
        shape: volume.shape,
        spacing: spacing(volume.affine),
        notes: notes.map(({ message }) => message),
      })
    } catch (error) {
      if (wanted.length === 1 || !(error instanceof UserError) || error.code !== 'input-unsupported') throw error
      rejected.push({ file: `series ${series.seriesNumber ?? series.seriesUid}`, reason: error.sentence })
    }
  }
  return { written, rejected }
}

function one(study: OpenedStudy, { series: name, volume, out }: ConvertRequest): Wanted {
  const { seriesUid, volumeIndex } = selectSeries(study, name)
  const series = study.series.find((candidate) => candidate.seriesUid === seriesUid)!
  const index = volume === undefined ? volumeIndex : volume - 1
  if (index < series.volumes.length) return { series, index, file: out }
  throw new UserError('usage', {
    problem: `Series ${name} has ${series.volumes.length} volumes, and no volume ${volume}`,
    remedy: 'See `scanbridge index` for what there is.',
  })
}

function everything(study: OpenedStudy, folder: string): Wanted[] {
  const taken = new Set<string>()
  return study.series.flatMap((series) =>
    series.volumes.map((_, index) => {
      const name = `series-${series.seriesNumber ?? 'x'}${series.volumes.length > 1 ? `-volume-${index + 1}` : ''}`
      let free = name
      for (let n = 2; taken.has(free); n++) free = `${name}-${n}`
      taken.add(free)
      return { series, index, file: inFolder(folder, `${free}.nii.gz`) }
    }),
  )
}
