import { beforeAll } from 'vitest'
import { startEngine } from '../../engine/pick-files.ts'
import { checkWindows } from '../testing/window-cases.ts'

beforeAll(async () => void (await startEngine({ name: 'wasm' })))

checkWindows()
