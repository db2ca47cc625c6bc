import { expect, it } from 'vitest'
import { UserError } from '../errors.ts'
import type { LoadedVolume } from './study.ts'
import { createVolumeCache } from './volume-cache.ts'

const none = { windows: [], units: '', scale: undefined, invertedScale: undefined }
const loadedOf = (voxels: number): LoadedVolume => ({
  volume: { shape: [voxels, 1, 1], affine: [], data: new Float32Array(voxels) },
  notes: [],
  source: undefined,
  display: none,
})

/** A cache for 100 voxels, and what it had to load. */
function cacheOf100(): {
  get: (volume: string, voxels: number) => Promise<LoadedVolume>
  loads: string[]
  drop: () => void
} {
  const cache = createVolumeCache(400)
  const loads: string[] = []
  const get = (volume: string, voxels: number): Promise<LoadedVolume> =>
    cache.get('input', volume, () => {
      loads.push(volume)
      return Promise.resolve(loadedOf(voxels))
    })
  return { get, loads, drop: () => cache.drop('input') }
}

it('keeps the last used volumes within its limit', async () => {
  const { get, loads } = cacheOf100()
  await get('a', 40)
  await get('b', 40)
  await get('a', 40)
  await get('c', 40) // b was used longest ago
  await get('a', 40)
  await get('c', 40)
  expect(loads).toEqual(['a', 'b', 'c'])
  await get('b', 40)
  expect(loads).toEqual(['a', 'b', 'c', 'b'])
})

it('keeps the one volume that is larger than the limit, until another comes', async () => {
  const { get, loads } = cacheOf100()
  await get('large', 1000)
  await get('large', 1000)
  await get('small', 1)
  await get('large', 1000)
  expect(loads).toEqual(['large', 'small', 'large'])
})

it('loads once what is asked for twice at once, and anew what was dropped or failed', async () => {
  const { get, loads, drop } = cacheOf100()
  const [one, two] = await Promise.all([get('a', 10), get('a', 10)])
  expect(one).toBe(two)
  drop()
  await get('a', 10)
  expect(loads).toEqual(['a', 'a'])
  const cache = createVolumeCache()
  await expect(cache.get('i', 'v', () => Promise.reject(new UserError('scan-closed')))).rejects.toThrow(UserError)
  expect(await cache.get('i', 'v', () => Promise.resolve(loadedOf(3)))).toMatchObject({ notes: [] })
})
