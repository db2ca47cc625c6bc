import type { Command } from 'commander'
import { action, command, group } from './command.ts'
import type { Shell } from './shell.ts'
import { table } from './print.ts'

export function engineCommand(shell: Shell): Command {
  const list = command('list', 'what runs here, and why not the rest', 'scanbridge engine').action(
    action<[]>(shell, async () => {
      const { engineList } = await import('../app/engine.ts')
      const engines = await engineList()
      const rows = engines.map((one) => [one.name, one.runs ? 'runs' : 'does not run', one.detail, one.remedy])
      return { json: { engines }, text: table(['engine', '', '', ''], rows) }
    }),
  )
  return group('engine', 'what computes here; "install" sets it up')
    .addCommand(list, { isDefault: true })
    .addCommand(install(shell))
}

function install(shell: Shell): Command {
  return command(
    'install',
    'sets up TensorFlow from the wheels of pip, or from a folder of them',
    'scanbridge engine install --gpu\nscanbridge engine install --from wheels/',
  )
    .option('--gpu', 'with CUDA 12, for NVIDIA on Linux')
    .option('--from <dir>', 'a folder of wheels, for machines without a network')
    .action(
      action<[options: { gpu?: true; from?: string }]>(shell, async ({ progress }, { gpu, from }) => {
        const { installEngine } = await import('../app/engine.ts')
        const installed = await installEngine({ gpu: gpu === true, from, report: progress.say })
        return { json: installed, text: `${installed.name}: ${installed.detail}` }
      }),
    )
}
