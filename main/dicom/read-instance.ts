import type { Vector } from '../volume/volume.ts'
import { type Groups, cross, readContent, readPlane, readRescale } from './frame-attributes.ts'
import type { Frame, Instance, Plane } from './instance.ts'
import { mosaicFrames, readMosaic } from './mosaic.ts'
import type { Attributes, Parsed } from './parse.ts'
import { readLayout } from './pixel-layout.ts'
import { readSequence } from './protocol.ts'
import { readScanner } from './scanner.ts'
import { Unreadable } from './unreadable.ts'

/** Segmentation and surface segmentation storage. */
const segmentations = '1.2.840.10008.5.1.4.1.1.66.'

/** The instance that a parsed file holds. Throws Unreadable where it holds no picture that could be part of a scan. */
export function readInstance(parsed: Parsed, file: string): Instance {
  const a = parsed.attributes
  const sopClass = a.string('SOPClassUID') ?? ''
  if (sopClass.startsWith(segmentations)) throw new Unreadable('it is a segmentation, not a scan')
  const pixels = readLayout(parsed)
  if (pixels.bitsAllocated === 1) throw new Unreadable('its pixels have 1 bit: it is no scan')
  const seriesUid = a.string('SeriesInstanceUID')
  if (!seriesUid) throw new Unreadable('it does not say which series it belongs to')
  const instance: Instance = {
    file,
    sopInstanceUid: a.string('SOPInstanceUID') ?? '',
    sopClassUid: sopClass,
    studyUid: a.string('StudyInstanceUID') ?? '',
    seriesUid,
    frameOfReferenceUid: a.string('FrameOfReferenceUID'),
    seriesNumber: a.number('SeriesNumber'),
    description: a.text('SeriesDescription') ?? '',
    modality: a.string('Modality') ?? '',
    instanceNumber: a.number('InstanceNumber') ?? 0,
    pixels,
    scanner: readScanner(a),
    sequence: readSequence(a),
    frames: [],
  }
  instance.frames = readFrames(instance, a)
  return instance
}

function readFrames(instance: Instance, a: Attributes): Frame[] {
  const mosaic = readMosaic(a, instance.pixels)
  const none: Groups = () => undefined
  if (mosaic) return mosaicFrames(instance, mosaic, readPlane(a, none), readContent(a, none), readRescale(a, none))
  const shared = a.items('SharedFunctionalGroupsSequence')[0]
  const perFrame = a.items('PerFrameFunctionalGroupsSequence')
  const { frames, rows, columns } = instance.pixels
  const offsets = a.numbers('GridFrameOffsetVector')
  return Array.from({ length: frames }, (_, index) => {
    const own = perFrame[index]
    const groups: Groups = (sequence) => own?.items(sequence)[0] ?? shared?.items(sequence)[0]
    const plane = readPlane(a, groups)
    const { slope, intercept } = readRescale(a, groups)
    return {
      instance,
      index,
      tile: undefined,
      rows,
      columns,
      plane: frames > 1 && perFrame.length === 0 ? stacked(plane, index, offsets) : plane,
      content: readContent(a, groups),
      slope,
      intercept,
    }
  })
}

/** Classic multi-frame has one position for all: frames follow along the normal, by their offsets or the spacing between slices. */
function stacked(plane: Plane | undefined, index: number, offsets: readonly number[]): Plane | undefined {
  const offset = offsets[index] ?? (plane?.spacingBetween === undefined ? undefined : index * plane.spacingBetween)
  if (!plane || offset === undefined) return undefined
  const normal = cross(plane.row, plane.column)
  const relative = offset - (offsets[0] ?? 0)
  return { ...plane, position: plane.position.map((x, n) => x + relative * normal[n]!) as unknown as Vector }
}
