/** What was dropped, as files with their paths below the drop. */

export type Dropped = { readonly file: File; readonly path: string }
/** What of a FileSystemEntry is used here. */
type Entry = Pick<FileSystemEntry, 'name' | 'isFile' | 'isDirectory'>

/** Entries must be taken at once: the browser forgets them when the event is over. */
export async function collectDropped(
  data: DataTransfer,
): Promise<{ readonly files: readonly Dropped[]; readonly name: string }> {
  const whole = [...data.files].map((file) => ({ file, path: file.name }))
  // Electron gives the folder itself its path: nothing needs to be walked.
  if (window.scanbridge) return { files: whole, name: dropName(whole.map(({ path }) => path)) }
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  const files = entries.length > 0 ? await walk(entries) : whole
  return { files, name: dropName(entries.length > 0 ? entries.map(({ name }) => name) : whole.map(({ path }) => path)) }
}

/** All files below the entries, folders in order of their names. Hidden files are left out, as file managers leave theirs. */
export async function walk(entries: readonly Entry[], folder = ''): Promise<readonly Dropped[]> {
  const found: Dropped[] = []
  for (const entry of entries) {
    const path = folder + entry.name
    if (entry.name.startsWith('.')) continue
    if (entry.isFile) found.push({ file: await fileOf(entry as FileSystemFileEntry), path })
    else if (entry.isDirectory)
      found.push(...(await walk(await listing(entry as FileSystemDirectoryEntry), `${path}/`)))
  }
  return found
}

export function dropName(names: readonly string[]): string {
  const [first = 'Dropped files'] = names
  return names.length > 1 ? `${first} and ${names.length - 1} more` : first
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

/** A reader gives at most 100 entries at a time, and none at the end. */
async function listing(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    all.push(...some)
  }
}
