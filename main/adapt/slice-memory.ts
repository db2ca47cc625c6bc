import { labelsOf } from './scores.ts'

type Item = {
  readonly slice: number
  /** The foreground class that most pixels have; 0 for a slice without foreground. */
  readonly group: number
  /** Mean entropy, as a share of its largest. */
  readonly uncertainty: number
  /** Slices offered since it came in. */
  age: number
}

/** How much age and uncertainty count against an item; both 1 in the paper. */
const [ageCounts, uncertaintyCounts] = [1, 1]

/**
 * A memory of slices balanced over what they show (RoTTA, Yuan et al., CVPR 2023, section 3.3): each group may fill its share;
 * beyond it, an old or uncertain item gives way to a better newcomer. Holds slice numbers only.
 */
export class SliceMemory {
  private readonly capacity: number
  private readonly classes: number
  private held: Item[] = []

  constructor(capacity: number, classes: number) {
    this.capacity = capacity
    this.classes = classes
  }

  items(): readonly Readonly<Item>[] {
    return this.held
  }

  /** probability: [j][i][class] of the slice. */
  offer(slice: number, probability: Float32Array): void {
    const newcomer = { slice, ...this.describe(probability), age: 0 }
    for (const item of this.held) item.age++
    if (this.makeRoom(newcomer)) this.held.push(newcomer)
  }

  private makeRoom(newcomer: Item): boolean {
    const size = (group: number): number => this.held.filter((item) => item.group === group).length
    if (size(newcomer.group) < this.capacity / this.classes) {
      if (this.held.length < this.capacity) return true
      const largest = Math.max(...this.held.map(({ group }) => size(group)))
      return this.replace(newcomer, ({ group }) => size(group) === largest)
    }
    return this.replace(newcomer, ({ group }) => group === newcomer.group)
  }

  /** Drops the worst of some items, if it is worse than the newcomer. */
  private replace(newcomer: Item, among: (item: Item) => boolean): boolean {
    const worst = this.held.filter(among).reduce((a, b) => (this.score(b) > this.score(a) ? b : a))
    if (!(this.score(worst) > this.score(newcomer))) return false
    this.held = this.held.filter((item) => item !== worst)
    return true
  }

  private score({ age, uncertainty }: Item): number {
    return ageCounts / (1 + Math.exp(-age / this.capacity)) + uncertaintyCounts * uncertainty
  }

  private describe(probability: Float32Array): Pick<Item, 'group' | 'uncertainty'> {
    const { classes } = this
    const counts = new Array<number>(classes).fill(0)
    for (const label of labelsOf(probability, classes)) counts[label]!++
    const most = Math.max(...counts.slice(1))
    const entropy = probability.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)
    return {
      group: most > 0 ? counts.indexOf(most, 1) : 0,
      uncertainty: entropy / (probability.length / classes) / Math.log(classes),
    }
  }
}
