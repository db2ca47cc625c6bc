import { expect, test } from 'vitest'
import { describeProtocol } from './protocol.ts'
import type { SequenceFacts } from './protocol.ts'

const mprage: SequenceFacts = {
  ...{
    acquisition: '3D',
    kinds: ['GR', 'IR'],
    repetitionTime: 1900,
    echoTime: 3.47,
    inversionTime: 900,
    flipAngle: 15,
  },
}
const nothing: SequenceFacts = {
  ...{ acquisition: '', kinds: [], repetitionTime: undefined, echoTime: undefined },
  ...{ inversionTime: undefined, flipAngle: undefined },
}

test.each([
  ['all of it', mprage, '3D GR/IR, TR 1900, TE 3.5, TI 900, 15 deg'],
  ['the same protocol with another rounding', { ...mprage, repetitionTime: 1902.4, echoTime: 3.5 }, '3D GR/IR, TR 1900, TE 3.5, TI 900, 15 deg'], // prettier-ignore
  ['a spin echo', { ...nothing, acquisition: '2D', kinds: ['SE'], repetitionTime: 480, echoTime: 12 }, '2D SE, TR 480, TE 12'], // prettier-ignore
  ['nothing', nothing, ''],
])('a protocol by its numbers: %s', (_, facts, text) => {
  expect(describeProtocol(facts)).toBe(text)
})
