/** A seeded source of random numbers; the same seed gives the same sequence on every machine. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number
  uniform(low: number, high: number): number
  /** Standard normal. */
  normal(): number
  /** 0 .. n-1. */
  integer(n: number): number
  /** An independent stream; the same label gives the same stream whatever was drawn before. */
  fork(label: string | number): Random
  /** A random order of 0 .. n-1. */
  permutation(n: number): number[]
}

function hash(seed: number, label: string): number {
  let h = (seed ^ 0x9e3779b9) >>> 0
  for (let n = 0; n < label.length; n++) h = Math.imul(h ^ label.charCodeAt(n), 0x01000193) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** sfc32 (Doty-Humphrey, PractRand), seeded through a murmur-style mixer. */
export function createRandom(seed: number): Random {
  const root = seed >>> 0
  let a = hash(root, 'a'),
    b = hash(root, 'b'),
    c = hash(root, 'c'),
    counter = 1
  const next32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let n = 0; n < 12; n++) next32()
  const next = (): number => next32() / 4294967296
  const integer = (n: number): number => Math.floor(next() * n)
  return {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    integer,
    fork: (label) => createRandom(hash(root, `fork:${label}`)),
    permutation: (n) => {
      const order = Array.from({ length: n }, (_, index) => index)
      for (let index = n - 1; index > 0; index--) {
        const other = integer(index + 1)
        ;[order[index], order[other]] = [order[other]!, order[index]!]
      }
      return order
    },
  }
}
