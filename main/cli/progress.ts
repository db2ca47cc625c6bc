/** Where progress is shown: stderr, or a recording in tests. */
export type Terminal = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }

export type Progress = {
  /** 0 to 1 of a stage, and the time left where that is known better than by the share. Cheap: call it as often as there is news. */
  readonly update: (stage: string, share: number, remainingMs?: number) => void
  /** A message in a line of its own, without tearing the bar. */
  readonly say: (line: string) => void
  readonly end: () => void
}

const barMs = 100
const lineMs = 10_000
const barWidth = 24
/** Before this much of a stage has passed its pace says nothing. */
const paceMs = 2000

/** A bar with the time left on a terminal; elsewhere one line each 10 s. */
export function createProgress(terminal: Terminal, now: () => number = Date.now): Progress {
  const bar = terminal.isTTY === true
  let stage = ''
  let stageStart = 0
  let shown = bar ? -Infinity : now()
  let onScreen = false
  const clear = (): void => {
    if (onScreen) terminal.write('\r\x1b[2K')
    onScreen = false
  }
  return {
    update(name, share, remainingMs) {
      const time = now()
      if (name !== stage) {
        stage = name
        stageStart = time
        if (bar) shown = -Infinity
      }
      if (time - shown < (bar ? barMs : lineMs)) return
      shown = time
      const passed = time - stageStart
      const paced = share > 0 && passed > paceMs ? passed / share - passed : undefined
      const left = leftText(Number.isFinite(remainingMs) ? remainingMs : paced)
      clear()
      if (bar) terminal.write(barLine(stage, share, left).slice(0, (terminal.columns ?? 80) - 1))
      else terminal.write(`${stage}: ${percent(share)}${left}\n`)
      onScreen = bar
    },
    say(line) {
      clear()
      terminal.write(`${line}\n`)
    },
    end: clear,
  }
}

function barLine(stage: string, share: number, left: string): string {
  const filled = Math.round(barWidth * Math.min(1, share))
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  return `${stage.padEnd(18)} ${bar} ${percent(share).padStart(5)}${left}`
}

function percent(share: number): string {
  return `${Math.round(100 * Math.min(1, share))} %`
}

function leftText(ms: number | undefined): string {
  return ms === undefined ? '' : `, ${duration(ms)} left`
}

/** "42 s", "3:05 min", "1:02 h". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const two = (n: number): string => String(n).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)} h`
}
