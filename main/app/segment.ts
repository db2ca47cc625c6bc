import { loadModel } from '../model/files.ts'
import { predictStudy } from '../predict/predict.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import { writeNifti } from '../volume/nifti.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { readInput } from './input.ts'
import type { Input } from './input.ts'
import { labelNames, volumesOf } from './masks.ts'
import { modelStudy } from './model-study.ts'
import type { Work } from './progress.ts'
import { checkOutput, writeSegmentation } from './segment-files.ts'

export type SegmentRequest = {
  readonly path: string
  readonly model: string
  readonly series?: string | undefined
  readonly out: string
  readonly engine: EngineChoice
}

export type Segmentation = {
  readonly out: string
  readonly files: readonly string[]
  readonly input: Input['record']
  readonly model: { readonly name: string; readonly version: string; readonly sha256: string }
  readonly engine: Awaited<ReturnType<typeof startWork>>
  /** ml by label name. */
  readonly volumes: Readonly<Record<string, number>>
  readonly timing: { readonly readMs: number; readonly predictMs: number; readonly totalMs: number }
}

/** The source model's mask of a scan, on the scan's own grid: mask.nii.gz, and mask.dcm where the input is DICOM. */
export async function segment(request: SegmentRequest, work: Work): Promise<Segmentation> {
  const started = performance.now()
  checkOutput(request.out)
  const engine = await startWork(request.engine)
  const model = await loadModel(request.model)
  try {
    const input = await readInput(request.path, request.series, work)
    const readMs = performance.now() - started
    const study = modelStudy(input.volume, model)
    const probability = await predictStudy(model, study, {
      signal: work.signal,
      onProgress: (done, total) => work.onProgress('segmenting', done / total),
    })
    const mask = restoreGrid(probability, study, model.card)
    const predictMs = performance.now() - started - readMs
    const files = await writeSegmentation(request.out, writeNifti(mask), input.source, model.card)
    const { name, version, sha256 } = model.card
    return {
      out: request.out,
      files,
      input: input.record,
      model: { name, version, sha256 },
      engine,
      volumes: volumesOf(mask, labelNames(model.card)),
      timing: {
        readMs: Math.round(readMs),
        predictMs: Math.round(predictMs),
        totalMs: Math.round(performance.now() - started),
      },
    }
  } finally {
    model.dispose()
  }
}
