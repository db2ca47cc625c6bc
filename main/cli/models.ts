import type { Command } from 'commander'
import { UserError } from '../errors.ts'
import { action, command, group, integer } from './command.ts'
import type { Shell } from './shell.ts'
import { facts, table } from './print.ts'

export function modelsCommand(shell: Shell): Command {
  const models = group('models', 'lists, shows and exports models')
  models.addCommand(list(shell), { isDefault: true })
  return models.addCommand(show(shell)).addCommand(importCommand(shell)).addCommand(exportCommand(shell))
}

function list(shell: Shell): Command {
  return command('list', 'lists the models that are there', 'scanbridge models list --json').action(
    action<[]>(shell, async () => {
      const { listModels } = await import('../app/model.ts')
      const models = await listModels()
      const rows = models.map((m) => [m.name, m.version, m.licence, m.problem ?? m.title])
      return { json: { models }, text: table(['name', 'version', 'licence', ''], rows) }
    }),
  )
}

function show(shell: Shell): Command {
  return command('show', "shows a model's card and what can be trained in it", 'scanbridge models show brain-t1w')
    .argument('<model>', 'name or folder of a model')
    .action(
      action<[name: string]>(shell, async ({ engine }, name) => {
        const { showModel } = await import('../app/model.ts')
        const detail = await showModel(name, engine)
        const { card, parameters, operators } = detail
        const text = [
          facts([
            ['name', `${card.name} ${card.version}`],
            ['title', card.title],
            ['for', [card.modality, card.bodyPart, card.sequence].filter(Boolean).join(', ')],
            ['labels', card.output.labels.map(({ value, name: label }) => `${value} ${label}`).join(', ')],
            ['licence', card.licence],
            ['SHA-256', card.sha256],
            [
              'operators',
              Object.entries(operators)
                .map(([type, n]) => `${type} ${n}`)
                .join(', '),
            ],
          ]),
          '',
          table(
            ['group', 'tensors', 'values'],
            Object.entries(parameters).map(([group, p]) => [group, p.tensors, p.values]),
          ),
          '',
          ...card.limits.map((limit) => `Limit: ${limit}`),
        ]
        return { json: detail, text: text.join('\n').trimEnd() }
      }),
    )
}

function importCommand(shell: Shell): Command {
  return command('import', 'not there yet', 'scanbridge models show ./my-model')
    .argument('<files...>', 'files of a model')
    .action(
      action<[files: string[]]>(shell, () => {
        const remedy =
          'Make a folder with model.onnx and a model.json like that of a shipped model, and name the folder with --model.'
        return Promise.reject(new UserError('usage', { problem: 'Models cannot be imported yet', remedy }))
      }),
    )
}

function exportCommand(shell: Shell): Command {
  return command(
    'export',
    "writes a run's adapted network as an ONNX file",
    'scanbridge models export run --out adapted.onnx',
  )
    .argument('<run>', 'a run folder')
    .option('--step <n>', 'a step with a checkpoint; default: the kept one', integer(0, 1e9))
    .requiredOption('--out <file>', 'a new .onnx file')
    .action(
      action<[run: string, options: { step?: number; out: string }]>(shell, async ({ engine }, run, { step, out }) => {
        const { exportModel } = await import('../app/model.ts')
        const exported = await exportModel({ run, step, out, engine })
        const lines = [
          `${exported.model} after step ${exported.step}: ${out}`,
          ...exported.notes.map((n) => `Note: ${n}`),
        ]
        return { json: exported, text: lines.join('\n') }
      }),
    )
}
