/** Characters of the readers' own fonts (WinAnsi); a true minus becomes a dash of the same width. */
export function latin(text: string): string {
  const known = /[\u0020-\u007e\u00a0-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u20ac\n]/
  return [...text.replaceAll('\u2212', '\u2013')].map((c) => (known.test(c) ? c : '?')).join('')
}
