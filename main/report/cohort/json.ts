/** Characters of a line: a spread of six numbers and its interval fit. */
const longest = 240

/** JSON with what fits on a line on one line: tables of numbers take a third of the room, and can be read. */
export function foldedJson(value: unknown): string {
  return `${folded(value, '')}\n`
}

function folded(value: unknown, indent: string): string {
  const flat = JSON.stringify(value)
  if (flat.length + indent.length <= longest || typeof value !== 'object' || value === null) return flat
  const deeper = `${indent}  `
  const isArray = Array.isArray(value)
  const parts = Object.entries(value).flatMap(([key, one]) =>
    one === undefined ? [] : `${deeper}${isArray ? '' : `${JSON.stringify(key)}: `}${folded(one, deeper)}`,
  )
  return `${isArray ? '[' : '{'}\n${parts.join(',\n')}\n${indent}${isArray ? ']' : '}'}`
}
