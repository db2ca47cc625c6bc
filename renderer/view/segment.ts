/** The source model's mask of the scan on screen: a run that does not adapt. */
import { call } from '../lib/client.ts'
import type { Workspace } from '../lib/workspace.svelte.ts'

export async function segment(workspace: Workspace): Promise<void> {
  const { scanRef, settings } = workspace
  if (!scanRef || !settings) return
  const { run } = await call('adapt.start', {
    scan: scanRef,
    model: settings.model,
    method: 'source',
    options: {},
    seed: 0,
    guard: false,
    reference: null,
  })
  await workspace.selectRun(run)
}
