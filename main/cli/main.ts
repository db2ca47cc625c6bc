import { exitCodes } from './exit-codes.ts'
import { run } from './program.ts'

// Libraries talk to the console; stdout belongs to the result.
for (const name of ['log', 'info', 'debug'] as const) console[name] = console.error
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed)
})

await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  terminal: process.stderr,
  exit: (code) => (process.exitCode = code),
})
