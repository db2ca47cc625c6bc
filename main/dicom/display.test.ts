import { describe, expect, it } from 'vitest'
import { type Elements, slice, writeDicom } from '../../tests/write-dicom.ts'
import { displayOf, readDisplay } from './display.ts'
import { parse } from './parse.ts'
import { readInstance } from './read-instance.ts'

const attributesOf = (changes: Elements): ReturnType<typeof parse>['attributes'] =>
  parse(writeDicom(slice(0, 1, changes))).attributes
const framesOf = (changes: Elements): ReturnType<typeof readInstance>['frames'] =>
  readInstance(parse(writeDicom(slice(0, 1, changes))), 'file').frames
const nothing = { windows: [], units: '' }

describe('windows of a file', () => {
  it('are all there, with their names', () => {
    const { windows } = readDisplay(
      attributesOf({
        WindowCenter: [40, -600],
        WindowWidth: [80, 1500],
        WindowCenterWidthExplanation: ['BRAIN', 'LUNG'],
      }),
      0,
    )
    expect(windows).toEqual([
      { center: 40, width: 80, name: 'BRAIN', shape: 'linear' },
      { center: -600, width: 1500, name: 'LUNG', shape: 'linear' },
    ])
  })

  it.each<[string, Elements, readonly object[]]>([
    ['no name', { WindowCenter: 1.5, WindowWidth: 3 }, [{ name: 'File', center: 1.5 }]],
    ['two without names', { WindowCenter: [1, 2], WindowWidth: [3, 4] }, [{ name: 'File 1' }, { name: 'File 2' }]],
    ['a width below 1', { WindowCenter: 0, WindowWidth: 0.5 }, []],
    [
      'one below 1 that may be',
      { WindowCenter: 0, WindowWidth: 0.5, VOILUTFunction: 'LINEAR_EXACT' },
      [{ shape: 'linear-exact' }],
    ],
    ['a negative width', { WindowCenter: 0, WindowWidth: -5, VOILUTFunction: 'SIGMOID' }, []],
    ['a sigmoid', { WindowCenter: 0, WindowWidth: 5, VOILUTFunction: 'SIGMOID' }, [{ shape: 'sigmoid' }]],
    ['a function of its own', { WindowCenter: 0, WindowWidth: 5, VOILUTFunction: 'MAGIC' }, [{ shape: 'linear' }]],
    ['a centre without a width', { WindowCenter: [1, 2], WindowWidth: 9 }, [{ center: 1, width: 9 }]],
    ['no numbers', { WindowCenter: 'x', WindowWidth: 'y' }, []],
    ['none', {}, []],
  ])('%s', (_, changes, expected) => {
    const { windows } = readDisplay(attributesOf(changes), 0)
    expect(windows).toHaveLength(expected.length)
    expect(windows).toMatchObject(expected)
  })

  it("are the frame's own in an enhanced file, else the shared ones", () => {
    const window = (center: number): Elements => ({ FrameVOILUTSequence: [{ WindowCenter: center, WindowWidth: 10 }] })
    const a = attributesOf({
      SharedFunctionalGroupsSequence: [window(1)],
      PerFrameFunctionalGroupsSequence: [{}, window(2)],
      WindowCenter: 3,
      WindowWidth: 10,
    })
    expect([0, 1, 2].map((frame) => readDisplay(a, frame).windows[0]?.center)).toEqual([1, 2, 1])
  })
})

it.each<[Elements, string]>([
  [{ Modality: 'CT' }, 'HU'],
  [{ Modality: 'CT', RescaleType: 'US' }, ''],
  [{ Modality: 'MR', RescaleType: 'normalized' }, ''],
  [{ Modality: 'PT', Units: 'BQML' }, 'Bq/ml'],
  [{ PixelValueTransformationSequence: [{ RescaleType: 'HU' }] }, ''],
  [{ SharedFunctionalGroupsSequence: [{ PixelValueTransformationSequence: [{ RescaleType: 'HU' }] }] }, 'HU'],
])('units of %j are "%s"', (changes, units) => {
  expect(readDisplay(attributesOf(changes), 0).units).toBe(units)
})

describe('how values came from stored ones', () => {
  it('is the scale of all frames, where they agree', () => {
    const frames = framesOf({ RescaleSlope: 2.5, RescaleIntercept: -10 })
    expect(displayOf(frames, nothing)).toMatchObject({
      scale: { slope: 2.5, intercept: -10 },
      invertedScale: undefined,
    })
    expect(displayOf([...frames, ...framesOf({ RescaleSlope: 3 })], nothing).scale).toBeUndefined()
  })

  it('of MONOCHROME1 is mirrored, and the windows hold for the values of the file', () => {
    const inverted = { PhotometricInterpretation: 'MONOCHROME1', BitsStored: 12, PixelRepresentation: 0 } as const
    const windows = [{ center: 5, width: 9, name: 'File', shape: 'linear' }] as const
    const frames = framesOf({ ...inverted, RescaleSlope: 2, RescaleIntercept: 1 })
    expect(displayOf(frames, { windows, units: '' })).toEqual({
      windows,
      units: '',
      scale: { slope: -2, intercept: 8191 }, // 4095 * 2 + 1
      invertedScale: { slope: 2, intercept: 1 },
    })
    const mixed = displayOf([...frames, ...framesOf({ ...inverted, RescaleSlope: 3 })], { windows, units: '' })
    expect(mixed).toEqual({ ...nothing, scale: undefined, invertedScale: undefined })
  })
})
