import type { Command } from 'commander'
import { recommendedMethod } from '../app/defaults.ts'
import type { MethodSummary } from '../app/methods.ts'
import { action, command, group } from './command.ts'
import type { Shell } from './shell.ts'
import { table } from './print.ts'

export function methodsCommand(shell: Shell): Command {
  const list = command('list', 'lists the methods', 'scanbridge methods').action(
    action<[]>(shell, async () => {
      const { listMethods } = await import('../app/methods.ts')
      const methods = listMethods()
      const rows = methods.map((m) => [m.name, m.title, m.name === recommendedMethod ? 'recommended' : ''])
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
