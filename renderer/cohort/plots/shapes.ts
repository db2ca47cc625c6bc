/** What stands for a state beside its colour: a disc before, a diamond after, a triangle that points down where it fell. */

export function diamond(x: number, y: number, r: number): string {
  const far = 1.3 * r
  return `M${x - far} ${y}L${x} ${y - far}L${x + far} ${y}L${x} ${y + far}Z`
}

export function fall(x: number, y: number, r: number): string {
  return `M${x - 1.3 * r} ${y - r}H${x + 1.3 * r}L${x} ${y + 1.3 * r}Z`
}

/** A number stays with its unit. */
export function unbroken(name: string): string {
  return name.replace(/ T$/, '\u00a0T')
}
