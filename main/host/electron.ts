/** The desktop shell, as a list of set-up steps. */
import { app, session } from 'electron'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readLaunch } from './electron-arguments.ts'
import { answerWindow, sendTo } from './electron-calls.ts'
import { guardClose } from './electron-close.ts'
import { choosePath, hostHandlers } from './electron-dialogs.ts'
import { createDrops } from './electron-drops.ts'
import { followJobs } from './electron-jobs.ts'
import { openCrashLog } from './electron-log.ts'
import { setMenu } from './electron-menu.ts'
import { pageUrl, registerPageScheme, servePage } from './electron-page.ts'
import { createWindow, lockDown } from './electron-window.ts'
import { forkUtility } from './electron-worker.ts'
import { createPicks } from './picks.ts'
import { supervise } from './supervise.ts'

const appFolder = fileURLToPath(new URL('../..', import.meta.url))
const own = { isPackaged: app.isPackaged, folder: appFolder }
const launch = readLaunch(process.argv, process.cwd(), own)
/** What the system hands over before there is a window, and what to do with it once there is one. */
const early: string[] = []
let open = (path: string): void => void early.push(path)

// An engine that the installer brought along.
if (app.isPackaged) process.env['SCANBRIDGE_ENGINE'] ??= join(process.resourcesPath, 'engine')

if (launch.entry !== undefined) {
  await import(pathToFileURL(launch.entry).href)
  // A worker goes on until its parent ends it.
  if (!process.connected) await endWithoutWindow()
} else if (launch.command) {
  process.argv = [process.argv[0]!, 'scanbridge', ...launch.command]
  await import('../cli/main.ts')
  await endWithoutWindow()
} else if (app.requestSingleInstanceLock()) {
  app.enableSandbox()
  registerPageScheme()
  app.on('open-file', (event, path) => {
    event.preventDefault()
    open(path)
  })
  // Not awaited: Electron is ready only after this module has run.
  void app.whenReady().then(start)
} else app.quit()

/** An app without a window does not end by itself. What was written to a pipe must have left first. */
async function endWithoutWindow(): Promise<void> {
  await new Promise((resolve) => process.stdout.write('', resolve))
  app.exit(Number(process.exitCode ?? 0))
}

function start(): void {
  const log = openCrashLog(app.getPath('logs'), appFolder)
  logFaults(log)
  lockDown(session.defaultSession)
  servePage(join(appFolder, 'out/renderer'))

  const picks = createPicks()
  const drops = createDrops(picks)
  const supervisor = supervise(forkUtility(log), log)
  const window = createWindow()
  const send = sendTo(window)
  const jobs = followJobs(window)
  supervisor.on((event) => {
    jobs.see(event)
    send(event)
  })
  const first = { paths: [...launch.paths, ...early], opensSample: launch.opensSample }
  const handlers = hostHandlers({ window, picks, supervisor }, first)
  answerWindow({ window, handlers, supervisor, picks, drops, log })

  open = (path) => send({ event: 'host.open', payload: picks.add(path) })
  app.on('second-instance', (_, argv, folder) => {
    if (window.isMinimized()) window.restore()
    window.focus()
    readLaunch(argv, folder, own).paths.forEach((path) => open(path))
  })
  setMenu({
    choose: (kind) => void choosePath(window, kind).then((path) => path !== undefined && open(path)),
    command: (command) => send({ event: 'host.command', payload: { command } }),
  })

  const mayClose = guardClose(window, supervisor, jobs)
  const end = async (): Promise<void> => {
    if (!(await mayClose())) return
    await supervisor.close()
    drops.close()
    window.destroy()
    app.exit()
  }
  let ending: Promise<void> | undefined
  window.on('close', (event) => {
    event.preventDefault()
    ending ??= end().finally(() => (ending = undefined))
  })
  void window.loadURL(pageUrl)
}

function logFaults(log: (text: string) => void): void {
  process.on('uncaughtException', (error) => log(`uncaught: ${error.stack ?? error.message}`))
  process.on('unhandledRejection', (reason) => log(`unhandled: ${reason instanceof Error ? reason.stack : 'no error'}`))
  app.on('child-process-gone', (_, { type, reason, exitCode }) => log(`${type} gone: ${reason}, exit code ${exitCode}`))
  app.on('render-process-gone', (_, contents, { reason, exitCode }) => {
    log(`page gone: ${reason}, exit code ${exitCode}`)
    // The worker owns everything that matters: a new page shows it again.
    if (reason !== 'clean-exit' && !contents.isDestroyed()) contents.reload()
  })
}
