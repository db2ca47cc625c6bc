/** Complex samples: re + i im. */
export type Complex = { readonly re: Float64Array; readonly im: Float64Array }

/** Fours first (fewest operations), then the primes; a large prime costs its size per sample. */
function factors(n: number): number[] {
  const found: number[] = []
  let rest = n
  for (let factor = 4; rest > 1; factor = factor === 4 ? 2 : factor === 2 ? 3 : factor + 2) {
    while (rest % factor === 0) {
      found.push(factor)
      rest /= factor
    }
  }
  return found
}

/**
 * One radix-r step of Stockham's self-sorting transform (Van Loan, Computational Frameworks for the FFT, 1992, 1.7):
 * `from` holds `done` frequencies of every (n / done)-th sample, `to` will hold done * radix of them. `span` counts the
 * remaining subsequences times the columns that are transformed side by side.
 */
function step(from: Complex, to: Complex, span: number, done: number, radix: number, sign: number): void {
  const angles = Array.from({ length: radix }, (_, q) => (sign * 2 * Math.PI * q) / radix)
  const cos = Float64Array.from(angles, Math.cos)
  const sin = Float64Array.from(angles, Math.sin)
  const re = new Float64Array(radix)
  const im = new Float64Array(radix)
  for (let j = 0; j < done; j++) {
    const twiddles = Array.from({ length: radix }, (_, s) => (sign * 2 * Math.PI * j * s) / (done * radix))
    const twiddleCos = Float64Array.from(twiddles, Math.cos)
    const twiddleSin = Float64Array.from(twiddles, Math.sin)
    for (let k = 0; k < span; k++) {
      for (let s = 0; s < radix; s++) {
        const at = (j * radix + s) * span + k
        re[s] = from.re[at]! * twiddleCos[s]! - from.im[at]! * twiddleSin[s]!
        im[s] = from.re[at]! * twiddleSin[s]! + from.im[at]! * twiddleCos[s]!
      }
      for (let q = 0; q < radix; q++) {
        let a = 0
        let b = 0
        for (let s = 0, turn = 0; s < radix; s++, turn = (turn + q) % radix) {
          a += re[s]! * cos[turn]! - im[s]! * sin[turn]!
          b += re[s]! * sin[turn]! + im[s]! * cos[turn]!
        }
        to.re[(j + q * done) * span + k] = a
        to.im[(j + q * done) * span + k] = b
      }
    }
  }
}

/** Transforms along the first axis of [n, columns]; sign -1 forward, +1 backward, without division by n. */
function transformColumns(x: Complex, n: number, columns: number, sign: number): Complex {
  let from = x
  let done = 1
  for (const radix of factors(n)) {
    const to = { re: new Float64Array(n * columns), im: new Float64Array(n * columns) }
    step(from, to, (n / done / radix) * columns, done, radix, sign)
    from = to
    done *= radix
  }
  return from
}

function transpose(x: Complex, rows: number, columns: number): Complex {
  const out = { re: new Float64Array(rows * columns), im: new Float64Array(rows * columns) }
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      out.re[c * rows + r] = x.re[r * columns + c]!
      out.im[c * rows + r] = x.im[r * columns + c]!
    }
  return out
}

/** Two-dimensional discrete Fourier transform of [rows, columns], as numpy.fft.fft2. Any size; quick for small factors. */
export function fft2(x: Complex, rows: number, columns: number): Complex {
  const down = transpose(transformColumns(x, rows, columns, -1), rows, columns)
  return transpose(transformColumns(down, columns, rows, -1), columns, rows)
}

/** Inverse of fft2: fft2Inverse(fft2(x)) = x. */
export function fft2Inverse(x: Complex, rows: number, columns: number): Complex {
  const down = transpose(transformColumns(x, rows, columns, 1), rows, columns)
  const { re, im } = transpose(transformColumns(down, columns, rows, 1), columns, rows)
  const scale = 1 / (rows * columns)
  return { re: re.map((value) => value * scale), im: im.map((value) => value * scale) }
}
