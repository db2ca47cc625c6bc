/** The app's sentences about a method, without its name, which stands elsewhere on the page: the first one as a headline. */
export function sentencesOf(
  sentences: readonly string[],
  method: string,
): { readonly headline: string; readonly rest: string } {
  const own = sentences
    .filter((sentence) => sentence.startsWith(`${method}: `))
    .map((sentence) => capital(sentence.slice(method.length + 2)))
    .join(' ')
  const end = own.search(/[;.] (?=[A-Z+]|median|95)/)
  if (end < 0) return { headline: own, rest: '' }
  return { headline: `${own.slice(0, end)}.`, rest: capital(own.slice(end + 2)) }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
