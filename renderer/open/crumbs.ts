/** The parts of a path, each with the id of its folder where that was seen before. */

export type Crumb = {
  readonly name: string
  readonly path: string
  readonly id: string | null
  readonly isLast: boolean
}

/** The last one is where one is: there is nowhere to go. An empty path is the list of the folders that may be opened. */
export function crumbsOf(path: string, seen: ReadonlyMap<string, string>): readonly Crumb[] {
  const top: Crumb[] =
    seen.has('') && path !== '' ? [{ name: 'Folders', path: '', id: seen.get('')!, isLast: false }] : []
  if (path === '') return [{ name: 'Folders', path: '', id: null, isLast: true }]
  const separator = path.includes('\\') ? '\\' : '/'
  const names = path.split(separator)
  const crumbs = names.flatMap((name, index) => {
    const upTo = names.slice(0, index + 1).join(separator) || separator
    const isLast = index === names.length - 1
    const id = seen.get(upTo) ?? null
    // The root has no name of its own, and is worth a place only where one can go there.
    if (name === '' && (index > 0 || !id)) return []
    return [{ name: name || separator, path: upTo, id: isLast ? null : id, isLast }]
  })
  return [...top, ...crumbs]
}
