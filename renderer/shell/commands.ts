/** What works wherever the window is: opening, and what the menu bar of the Electron shell asks for. */
import type { Payload } from '../../main/contract/contract.ts'
import { keys } from '../lib/keys.ts'
import type { AboutTab, Workspace } from '../lib/workspace.svelte.ts'

type Command = Payload<'host.command'>['command']

/** Until the returned function is called. */
export function followCommands(workspace: Workspace): () => void {
  const ends = [
    keys.handle('open.folder', () => void workspace.guard(workspace.choose('folder'))),
    keys.handle('open.file', () => void workspace.guard(workspace.choose('file'))),
    keys.handle('open.sample', () => void workspace.guard(workspace.openSample())),
    keys.handle('help', () => showAbout(workspace, 'keys')),
    workspace.listen(({ event, payload }) => {
      if (event === 'host.open') void workspace.guard(workspace.open(payload))
      if (event === 'host.command') obey(workspace, payload.command)
    }),
  ]
  return () => ends.forEach((end) => end())
}

export function showAbout(workspace: Workspace, tab: AboutTab): void {
  workspace.aboutTab = tab
  workspace.view = 'about'
}

function obey(workspace: Workspace, command: Command): void {
  switch (command) {
    case 'open-sample':
      return void workspace.guard(workspace.openSample())
    case 'undo':
    case 'redo':
      return void keys.act(command)
    case 'export':
    case 'runs':
      workspace.view = command
      return
    default:
      showAbout(workspace, command)
  }
}
