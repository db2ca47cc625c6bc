import type { Command } from 'commander'
import { action, command } from './command.ts'
import type { Shell } from './shell.ts'
import { exitCodes } from './exit-codes.ts'
import { table } from './print.ts'

export function doctorCommand(shell: Shell): Command {
  return command('doctor', 'checks the machine: engine, memory, disk, models, Electron', 'scanbridge doctor').action(
    action<[]>(shell, async () => {
      const { diagnose } = await import('../app/doctor.ts')
      const checks = await diagnose()
      const marks = { good: 'ok', note: 'note', bad: 'BAD' }
      const rows = checks.map(({ name, state, finding, remedy }) => [
        marks[state],
        name,
        remedy ? `${finding.replace(/\.?$/, '.')} ${remedy}` : finding,
      ])
      const isBad = checks.some(({ state }) => state === 'bad')
      return {
        json: { ok: !isBad, checks },
        text: table(['', 'check', 'finding'], rows),
        exitCode: isBad ? exitCodes.failed : exitCodes.done,
      }
    }),
  )
}
