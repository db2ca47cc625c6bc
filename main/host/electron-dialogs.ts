import { dialog } from 'electron'
import type { BrowserWindow, OpenDialogOptions } from 'electron'
import type { HostHandlers, Input } from '../contract/contract.ts'
import { UserError } from '../errors.ts'
import type { Picks } from './picks.ts'
import type { Supervisor } from './supervise.ts'

type Kind = Input<'pick.dialog'>['kind']

const anyFile = { name: 'All files', extensions: ['*'] }
const options: Readonly<Record<Kind, OpenDialogOptions>> = {
  folder: { title: 'Open a folder of scans', properties: ['openDirectory'] },
  file: {
    title: 'Open a scan',
    properties: ['openFile'],
    // DICOM files often have no extension: all files come first.
    filters: [anyFile, { name: 'DICOM, NIfTI, ZIP', extensions: ['dcm', 'nii', 'nii.gz', 'gz', 'zip'] }],
  },
  mask: {
    title: 'Choose a reference mask',
    properties: ['openFile'],
    filters: [{ name: 'NIfTI, DICOM SEG', extensions: ['nii', 'gz', 'dcm'] }, anyFile],
  },
  run: { title: 'Open a run', properties: ['openDirectory'] },
  manifest: {
    title: 'Open a manifest',
    properties: ['openFile'],
    filters: [{ name: 'CSV', extensions: ['csv'] }, anyFile],
  },
}

/** Shows the system's own dialog: the path that it gives, undefined where the user cancelled it. */
export async function choosePath(window: BrowserWindow, kind: Kind): Promise<string | undefined> {
  const { filePaths } = await dialog.showOpenDialog(window, options[kind])
  return filePaths[0]
}

type Launched = { readonly window: BrowserWindow; readonly picks: Picks; readonly supervisor: Supervisor }
type First = { readonly paths: readonly string[]; readonly opensSample: boolean }

/** The host's own calls, as the Electron shell answers them. */
export function hostHandlers({ window, picks, supervisor }: Launched, first: First): HostHandlers {
  const [path] = first.paths
  const open = path === undefined ? null : picks.add(path)
  const browserOnly = (name: string) => (): Promise<never> => Promise.reject(new UserError('request-unknown', { name }))
  return {
    'host.info': () =>
      Promise.resolve({
        kind: 'electron',
        picker: 'native',
        worker: supervisor.state(),
        open,
        opensSample: first.opensSample,
      }),
    async 'pick.dialog'({ kind }) {
      const chosen = await choosePath(window, kind)
      return chosen === undefined ? null : picks.add(chosen)
    },
    'pick.browse': browserOnly('pick.browse'),
    'pick.choose': browserOnly('pick.choose'),
    'pick.upload': browserOnly('pick.upload'),
    'window.title'({ text, isUnsaved }) {
      window.setTitle(text)
      window.setDocumentEdited(isUnsaved)
      return Promise.resolve({})
    },
  }
}
