/** The source model's mask of the scan on screen: a run that does not adapt. */
import type { VolumeRef } from '../../main/contract/schemas.ts'
import { call } from '../lib/client.ts'
import type { ReaderState } from '../lib/reader-state.svelte.ts'
import type { Workspace } from '../lib/workspace.svelte.ts'

export async function segment(workspace: Workspace, reader: ReaderState): Promise<void> {
  const { scanRef, settings } = workspace
  if (!scanRef || !settings || reader.isSegmenting) return
  reader.isSegmenting = true
  await workspace.guard(begin(workspace, scanRef, settings.model))
  reader.isSegmenting = false
}

async function begin(workspace: Workspace, scan: VolumeRef, model: string): Promise<void> {
  const { run } = await call('adapt.start', {
    scan,
    model,
    method: 'source',
    options: {},
    seed: 0,
    guard: false,
    reference: null,
  })
  await workspace.selectRun(run)
}
