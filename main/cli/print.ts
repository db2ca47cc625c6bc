/** Rows under a header, columns padded; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [header, ...rows].map((row) => row.map(String))
  const widths = header.map((_, n) => Math.max(...lines.map((line) => line[n]!.length)))
  const isNumber = header.map((_, n) => rows.length > 0 && rows.every((row) => typeof row[n] === 'number'))
  return lines
    .map((line) =>
      line
        .map((cell, n) => (isNumber[n] ? cell.padStart(widths[n]!) : cell.padEnd(widths[n]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** "name: value" lines with the values in one column. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** "1 file", "2 files". */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : noun.endsWith('s') ? '' : 's'}`
}
