/** What a window of the Electron shell can reach: the contract, and nothing else. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { Bridge, Event, Reply } from '../contract/contract.ts'
import type { Pick } from '../contract/schemas.ts'

const bridge: Bridge = {
  call: (name, input) => ipcRenderer.invoke('call', name, input) as Promise<Reply<unknown>>,
  on(listener) {
    const forward = (_: unknown, event: Event): void => listener(event)
    ipcRenderer.on('event', forward)
    return () => void ipcRenderer.off('event', forward)
  },
  pickDropped(files) {
    const paths = files.map((file) => webUtils.getPathForFile(file))
    return ipcRenderer.invoke('drop', paths) as Promise<Reply<Pick>>
  },
}

contextBridge.exposeInMainWorld('scanbridge', bridge)
