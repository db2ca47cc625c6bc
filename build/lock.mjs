// Plain JavaScript: build/setup.mjs runs it on the system's Node before anything is installed.
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs work while this process holds the lock file, which names its holder. Waits for a holder that lives (waiting is
 *  called once); takes over from one that died. A holder on another machine cannot be asked: it counts as dead after an hour. */
export async function withLock(path, waiting, work) {
  mkdirSync(dirname(path), { recursive: true })
  for (let told = false; !acquire(path); told = true) {
    if (!told) waiting()
    await pause(300)
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function acquire(path) {
  if (create(path)) return true
  if (!isDead(holder(path))) return false
  // One at a time may remove a dead holder's lock, and looks again first: the lock may have a new holder by now.
  const guard = `${path}.takeover`
  try {
    mkdirSync(guard)
  } catch {
    const made = statSync(guard, { throwIfNoEntry: false })?.mtimeMs
    if (Date.now() - made > 10_000) rmSync(guard, { recursive: true, force: true })
    return false
  }
  try {
    if (isDead(holder(path))) rmSync(path, { force: true })
    return create(path)
  } finally {
    rmdirSync(guard)
  }
}

/** A link appears with its content, so nobody reads a half-written holder. */
function create(path) {
  const mine = `${path}.${process.pid}`
  const { pid } = process
  writeFileSync(mine, JSON.stringify({ pid, began: began(pid), host: hostname(), taken: Date.now() }))
  try {
    linkSync(mine, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine)
  }
}

function holder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function isDead(holder) {
  if (!holder) return false
  if (holder.host !== hostname()) return Date.now() - holder.taken > 3_600_000
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return error.code === 'ESRCH'
  }
  return holder.began !== began(holder.pid)
}

/** When a process started, in the kernel's ticks: tells a holder from a later process that got its number. */
function began(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19]
  } catch {
    return ''
  }
}
