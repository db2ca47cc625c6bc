/** What is taken where a user names none. Apart from the rest, because the command line's help must not wait for an engine. */
export const defaultModel = 'brain-t1w'
export const recommendedMethod = 'consistency'
/** Scanbridge's own methods, the recommended one first. */
export const presets: readonly string[] = [recommendedMethod, 'fast', 'strong', 'auto']
