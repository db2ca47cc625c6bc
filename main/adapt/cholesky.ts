/** Solves the symmetric positive definite system A c = b by Cholesky; A: [n][n]. */
export function solve(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length
  const l = Float64Array.from(a)
  const c = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i * n + j]!
      for (let m = 0; m < j; m++) sum -= l[i * n + m]! * l[j * n + m]!
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!
    }
    for (let m = 0; m < i; m++) c[i]! -= l[i * n + m]! * c[m]!
    c[i]! /= l[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let m = i + 1; m < n; m++) c[i]! -= l[m * n + i]! * c[m]!
    c[i]! /= l[i * n + i]!
  }
  return c
}
