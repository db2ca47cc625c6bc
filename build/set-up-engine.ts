import { setUpEngine } from '../main/engine/set-up-files.ts'

await setUpEngine((message) => console.error(message))
