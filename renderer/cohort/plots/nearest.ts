export type Spot = { readonly name: string; readonly x: number; readonly y: number }

/** The name of the spot nearest to a place, if one is within reach. */
export function nearest(spots: readonly Spot[], x: number, y: number, reach: number): string | undefined {
  let [name, least]: [string | undefined, number] = [undefined, reach ** 2]
  for (const spot of spots) {
    const distance = (spot.x - x) ** 2 + (spot.y - y) ** 2
    if (distance <= least) [name, least] = [spot.name, distance]
  }
  return name
}
