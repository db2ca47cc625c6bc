/** How far a use case is: what it is doing, 0 to 1 of that, and where it can be told the time left. */
export type OnProgress = (stage: string, share: number, remainingMs?: number) => void

export type Work = { readonly signal: AbortSignal; readonly onProgress: OnProgress }
