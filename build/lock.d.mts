export function withLock<T>(path: string, waiting: () => void, work: () => Promise<T> | T): Promise<T>
