/** Probability that a standard normal lies below x. West, Wilmott Magazine 2005 (after Hart 1968): relative error below 1e-8 in the tails. */
export function normalCdf(x: number): number {
  const z = Math.abs(x)
  if (z > 37) return x > 0 ? 1 : 0
  const density = Math.exp((-z * z) / 2)
  const tail = z < 7.07106781186547 ? density * rational(z) : density / continued(z)
  return x > 0 ? 1 - tail : tail
}

function rational(z: number): number {
  const over = [0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376] // prettier-ignore
  const under = [0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752] // prettier-ignore
  const at = (terms: readonly number[]): number => terms.reduce((sum, term) => sum * z + term, 0)
  return at(over) / at(under)
}

function continued(z: number): number {
  let below = z + 0.65
  for (let n = 4; n >= 1; n--) below = z + n / below
  return below * 2.506628274631
}

/** The x below which a standard normal lies with probability p; -Infinity for 0, Infinity for 1. By bisection of normalCdf. */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity
  if (p >= 1) return Infinity
  let [low, high] = [-38, 38]
  for (let n = 0; n < 200 && high - low > 1e-14; n++) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}
