import { utilityProcess } from 'electron'
import { fileURLToPath } from 'node:url'
import type { FromWorker } from './messages.ts'
import type { Fork } from './supervise.ts'

const file = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Workers as Electron's utility processes. `log` gets what they write to stderr. */
export function forkUtility(log: (text: string) => void): Fork {
  return () => {
    const child = utilityProcess.fork(file, [], {
      serviceName: 'Scanbridge worker',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr?.on('data', (bytes: Buffer) => log(`worker: ${bytes.toString()}`))
    return {
      send: (message) => child.postMessage(message),
      onMessage: (listener) => void child.on('message', (message) => listener(message as FromWorker)),
      onExit: (listener) => void child.once('exit', (code) => listener(`exit code ${code}`)),
      // Its own kill() asks; this one does not.
      kill: () => void (child.pid !== undefined && process.kill(child.pid, 'SIGKILL')),
    }
  }
}
