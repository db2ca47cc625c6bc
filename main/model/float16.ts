/** IEEE 754 half precision to single, exact. `bits` holds one number an element. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1
    const exponent = (half >> 10) & 0x1f
    const fraction = half & 0x3ff
    if (exponent === 0x1f) return fraction ? NaN : sign * Infinity
    if (exponent === 0) return sign * fraction * 2 ** -24
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

/** Single precision to the nearest half, ties to even; beyond 65504 infinity, below 2^-25 zero. */
export function toFloat16(values: Float32Array): Uint16Array {
  const float = new Float32Array(1)
  const word = new Uint32Array(float.buffer)
  return Uint16Array.from(values, (value) => {
    float[0] = value
    const sign = (word[0]! >>> 16) & 0x8000
    const magnitude = Math.abs(float[0])
    if (Number.isNaN(magnitude)) return sign | 0x7e00
    // 65520 is half-way between the largest half and the next power of two.
    if (magnitude >= 65520) return sign | 0x7c00
    const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14)
    const scaled = roundHalfToEven(magnitude * 2 ** (10 - exponent))
    // A fraction that rounds up to 2048 carries into the exponent by itself.
    return sign | (((exponent + 14) << 10) + scaled)
  })
}

/** bfloat16 to single: the upper half of the word, exact. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => (half << 16) >>> 0).buffer)
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
