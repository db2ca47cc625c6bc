/** `node models/training/profile.ts MODEL...`: measures anew what the shift check compares scans with, and writes it into the
 *  model's card. The weights stay as they are. */
import { readFileSync, writeFileSync } from 'node:fs'
import { measureShift, shiftProfile } from '../../main/adapt/shift-measures.ts'
import type { ShiftMeasures } from '../../main/adapt/shift-measures.ts'
import { startEngine } from '../../main/engine/pick-files.ts'
import { loadModel } from '../../main/model/files.ts'
import type { ModelCard } from '../../main/model/card.ts'
import { createRandom } from '../../main/volume/random.ts'
import { buildAnatomies } from './anatomy.ts'
import { sourceCases } from './source-cases.ts'

await startEngine()
await buildAnatomies()
for (const name of process.argv.slice(2)) {
  const model = await loadModel(name)
  const measured: ShiftMeasures[] = []
  for (const { study } of sourceCases(model)) measured.push(await measureShift(model, study, createRandom(0)))
  const shift = shiftProfile(measured)
  const path = new URL(`../${name}/model.json`, import.meta.url)
  const card = JSON.parse(readFileSync(path, 'utf8')) as ModelCard
  writeFileSync(path, `${JSON.stringify({ ...card, source: { ...card.source, shift } }, null, 2)}\n`)
  console.log(name, shift)
}
