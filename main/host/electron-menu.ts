import { app, Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'
import type { Payload } from '../contract/contract.ts'

type Command = Payload<'host.command'>['command']

export type MenuActions = {
  /** Shows a dialog and opens what is chosen. */
  readonly choose: (kind: 'folder' | 'file') => void
  readonly command: (command: Command) => void
}

/** The menu bar. Its keys are shown here and acted upon by the page, which has one table of keys for both hosts. */
export function setMenu({ choose, command }: MenuActions): void {
  const isMac = process.platform === 'darwin'
  const to = (label: string, name: Command, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => command(name),
    ...(accelerator !== undefined && { accelerator, registerAccelerator: false }),
  })
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        { label: 'Open folder…', accelerator: 'CmdOrCtrl+O', click: () => choose('folder') },
        { label: 'Open file…', accelerator: 'CmdOrCtrl+Shift+O', click: () => choose('file') },
        to('Open the sample', 'open-sample'),
        { type: 'separator' },
        to('Runs', 'runs'),
        to('Export…', 'export'),
        { type: 'separator' },
        to('Settings…', 'settings'),
        { type: 'separator' },
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        to('Take back the decision', 'undo', 'CmdOrCtrl+Z'),
        to('Make it again', 'redo', isMac ? 'Cmd+Shift+Z' : 'Ctrl+Y'),
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'reload' },
        { type: 'separator' },
        { role: 'resetZoom', label: 'Text size: normal' },
        { role: 'zoomIn', label: 'Text size: larger' },
        { role: 'zoomOut', label: 'Text size: smaller' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    ...(isMac ? [{ role: 'windowMenu' } as const] : []),
    {
      role: 'help',
      submenu: [to('Keys', 'keys', '?'), to('Engine', 'engine'), to('About Scanbridge', 'about')],
    },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
