import type { Command } from 'commander'
import { recommendedMethod } from '../app/defaults.ts'
import type { MethodSummary } from '../app/methods.ts'
import { action, command, group } from './command.ts'
import type { Shell } from './shell.ts'
import { table } from './print.ts'

export function methodsCommand(shell: Shell): Command {
  const list = command('list', 'lists the methods', 'scanbridge methods\nscanbridge methods list --model brain-t1w')
    .option('--model <m>', 'say which of them this model lacks something for')
    .action(
      action<[options: { model?: string }]>(shell, async ({ engine }, { model }) => {
        const { listMethods, listMethodsFor } = await import('../app/methods.ts')
        const methods = model === undefined ? listMethods() : await listMethodsFor(model, engine)
        const rows = methods.map((m) => [m.name, m.title, remark(m)])
        return {
          json: { recommended: recommendedMethod, methods },
          text: table(['name', 'method', ''], rows),
        }
      }),
    )
  const show = command('show', 'shows a method, its options and where it comes from', 'scanbridge methods show tent')
    .argument('<name>', 'a method')
    .action(
      action<[name: string]>(shell, async (_, name) => {
        const { describeMethod } = await import('../app/methods.ts')
        const method = describeMethod(name)
        return { json: method, text: description(method) }
      }),
    )
  return group('methods', 'lists the ways to adapt, with their options')
    .addCommand(list, { isDefault: true })
    .addCommand(show)
}

function remark({ name, obstacle }: MethodSummary & { readonly obstacle?: string | null }): string {
  if (obstacle) return `does not apply: ${obstacle}`
  return name === recommendedMethod ? 'recommended' : ''
}

function description({ title, summary, reference, options }: MethodSummary): string {
  const rows = options.map((option) => {
    const range =
      'choices' in option
        ? option.choices.join(', ')
        : 'min' in option
          ? `${option.min} to ${option.max}`
          : 'true, false'
    return [option.name, String(option.value), range, option.help]
  })
  const own = rows.length ? ['', table(['option', 'default', 'range', ''], rows)] : []
  return [title, summary, `Source: ${reference}`, ...own].join('\n')
}
