import { fork } from 'node:child_process'
import type { FromWorker } from './messages.ts'
import type { Fork } from './supervise.ts'

/** Workers as processes of plain Node. `file`: main/host/worker.ts, or the bundle that was made of it. */
export function forkNode(file: string, args: readonly string[] = []): Fork {
  return () => {
    // What libraries print goes to stderr, for stdout belongs to the address of `serve`.
    const child = fork(file, args, { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] })
    return {
      // A message to a worker that is just dying is lost; its end is told by onExit.
      send: (message) => void (child.connected && child.send(message, () => {})),
      onMessage: (listener) => void child.on('message', (message) => listener(message as FromWorker)),
      onExit(listener) {
        let isOver = false
        const once = (how: string): void => {
          if (!isOver) listener(how)
          isOver = true
        }
        child.on('error', (error) => once(error.message))
        child.on('exit', (code, signal) => once(signal ? `signal ${signal}` : `exit code ${code}`))
      },
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
