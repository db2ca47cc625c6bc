/**
 * A colour #rrggbb as DICOM's CIELab: three numbers of 16 bits (PS3.3 C.10.7.1.1). White is D65, as dcmtk, dcmjs, highdicom
 * and dcmqi take it, so that viewers show the colour that was meant.
 */
export function toCielab(color: string): [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255)) as [
    number,
    number,
    number,
  ]
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.950456)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.088754)
  const scale = (value: number, low: number, high: number): number =>
    Math.round((Math.min(high, Math.max(low, value)) - low) * (65535 / (high - low)))
  return [scale(116 * y - 16, 0, 100), scale(500 * (x - y), -128, 127), scale(200 * (y - z), -128, 127)]
}

const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const f = (t: number): number => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29)
