import { Settings } from '../contract/schemas.ts'
import type { SettingsChange } from '../contract/schemas.ts'
import { readState, writeState } from './state-files.ts'

export type SettingsStore = { get(): Settings; change(change: SettingsChange): Settings }

/** Settings in a file. What is missing, unknown or damaged there falls back to its default one by one. */
export function openSettings(path: string): SettingsStore {
  let settings = readable(readState(path))
  return {
    get: () => settings,
    change(change) {
      const named = Object.entries(change).filter(([, value]) => value !== undefined)
      settings = Settings.parse({ ...settings, ...Object.fromEntries(named) })
      writeState(path, settings)
      return settings
    },
  }
}

function readable(stored: unknown): Settings {
  const values = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {}
  const sound = Object.entries(Settings.shape).flatMap(([key, schema]) => {
    const result = schema.safeParse(values[key])
    return result.success ? [[key, result.data] as const] : []
  })
  return Settings.parse(Object.fromEntries(sound))
}
