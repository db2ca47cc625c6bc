import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { overlap } from '../evaluate/overlap.ts'
import { readRun, readRunFile } from '../runs/files.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'
import { orient } from '../volume/orient.ts'
import type { LabelMap } from '../volume/volume.ts'
import { csv } from './csv.ts'
import { html } from './html.ts'
import { pictureRow } from './panels.ts'
import type { Masks, PictureRow } from './panels.ts'
import { pdf } from './pdf.ts'
import type { Picture } from './pictures.ts'
import { comparedState, reportOf } from './report.ts'
import type { Identity } from './report.ts'
import { afterName } from './sections.ts'
import type { Content } from './sections.ts'
import { stylesheet } from './style.ts'

export const formats = ['html', 'pdf', 'json', 'csv'] as const
export type Format = (typeof formats)[number]

const range = z.tuple([z.number().int().min(0), z.number().int().min(0)])
const PictureIndex = z.array(
  z.object({
    file: z.string().regex(/^(axial|coronal|sagittal)-\d+\.png$/),
    plane: z.enum(['axial', 'coronal', 'sagittal']),
    index: z.number().int().min(0),
    columns: range,
    rows: range,
  }),
)

/** The grey slices that a report shows lie in the run's folder, so that reports can be made again without the scan. Earlier ones go. */
export async function writePictures(folder: string, pictures: readonly Picture[]): Promise<void> {
  await rm(join(folder, 'pictures'), { recursive: true, force: true })
  await mkdir(join(folder, 'pictures'))
  const index = pictures.map(({ png: _, ...place }) => ({ file: `${place.plane}-${place.index}.png`, ...place }))
  for (const [n, { file }] of index.entries())
    await writeFileAtomic(join(folder, 'pictures', file), buffer(pictures[n]!.png))
  await writeFileAtomic(join(folder, 'pictures', 'pictures.json'), JSON.stringify(index, null, 2) + '\n')
}

/**
 * Makes the reports of a run from its folder alone and writes them into it; the same run gives the same bytes.
 * `identity` is shown where given, and only then. Returns the names of the files.
 */
export async function writeReports(folder: string, wanted: readonly Format[], identity?: Identity): Promise<string[]> {
  const reports = await makeReports(folder, wanted, identity)
  for (const [name, bytes] of reports) await writeFileAtomic(join(folder, name), buffer(bytes))
  return [...reports.keys()]
}

/** The same as bytes by file name; nothing is written. */
export async function makeReports(
  folder: string,
  wanted: readonly Format[],
  identity?: Identity,
): Promise<Map<string, Uint8Array>> {
  const content = await readContent(folder, identity)
  const make: Record<Format, () => Promise<Uint8Array | string> | string> = {
    html: () => html(content, sha256(stylesheet, 'base64')),
    pdf: () => pdf(content),
    json: () => JSON.stringify(content.report, null, 2) + '\n',
    csv: () => csv(content.report),
  }
  const made = new Map<string, Uint8Array>()
  for (const format of wanted) {
    const bytes = await make[format]()
    made.set(`report.${format}`, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes)
  }
  return made
}

async function readContent(folder: string, identity: Identity | undefined): Promise<Content> {
  const run = await readRun(folder)
  const compared = comparedState(run)
  const before = await readMask(folder, 'before.nii.gz')
  const after = compared && (await readMask(folder, compared.isKept ? 'mask.nii.gz' : 'after.nii.gz'))
  const { labels } = run.record.model
  const agreement = before && after ? agreementOf(before, after, labels) : {}
  const report = reportOf({ run, identity, files: await hashes(folder), agreement })
  const shown = before && { before, labels, ...(after && { after: { mask: after, name: afterName(compared) } }) }
  return { report, ...(shown ? await readPictures(folder, shown) : { rows: [], pictures: new Map() }) }
}

async function readPictures(folder: string, masks: Masks): Promise<Pick<Content, 'rows' | 'pictures'>> {
  const pictures = new Map<string, Uint8Array>()
  const rows: PictureRow[] = []
  for (const { file, ...place } of await readPlaces(folder)) {
    const png = await readRunFile(folder, `pictures/${file}`)
    if (!png) continue
    const name = `${place.plane}-${place.index}`
    pictures.set(name, png)
    rows.push(pictureRow(name, place, masks))
  }
  return { rows, pictures }
}

/** Which slices a run has pictures of; none where it ended before its first mask. */
export async function readPlaces(folder: string): Promise<z.infer<typeof PictureIndex>> {
  const index = await readRunFile(folder, 'pictures/pictures.json')
  return index ? PictureIndex.parse(JSON.parse(Buffer.from(index).toString('utf8'))) : []
}

function agreementOf(before: LabelMap, after: LabelMap, labels: Masks['labels']): Record<string, number> {
  return Object.fromEntries(labels.map(({ name, value }) => [name, overlap(after, before, [value]).dice]))
}

/** In LPS order. */
export async function readMask(folder: string, name: string): Promise<LabelMap | undefined> {
  const bytes = await readRunFile(folder, name)
  return bytes && orient(readLabelMap(openNifti(bytes, name)), 'LPS')
}

async function hashes(folder: string): Promise<{ name: string; sha256: string }[]> {
  const found: { name: string; sha256: string }[] = []
  for (const name of ['before.nii.gz', 'after.nii.gz', 'mask.nii.gz', 'mask.dcm', 'steps.jsonl']) {
    const bytes = await readRunFile(folder, name)
    if (bytes) found.push({ name, sha256: sha256(bytes, 'hex') })
  }
  return found
}

function sha256(bytes: Uint8Array | string, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(bytes).digest(encoding)
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
