import { tf } from '../engine/tf.ts'
import type { Parameter } from '../model/model.ts'
import type { Random } from '../volume/random.ts'

/** Moves the teacher's parameters towards the student's: teacher = momentum teacher + (1 - momentum) student. Same order. */
export function followStudent(teacher: readonly Parameter[], student: readonly Parameter[], momentum: number): void {
  teacher.forEach(({ variable }, n) => {
    tf.tidy(() => variable.assign(tf.add(tf.mul(variable, momentum), tf.mul(student[n]!.variable, 1 - momentum))))
  })
}

/**
 * Puts every number of the parameters back to the source's with probability `share` (CoTTA, Wang et al., CVPR 2022), each by
 * its own throw. Same order. Returns which were: positions in the variables, by parameter name.
 */
export function restoreSome(
  parameters: readonly Parameter[],
  source: readonly Parameter[],
  share: number,
  random: Random,
): Record<string, number[]> {
  const restored: Record<string, number[]> = {}
  parameters.forEach(({ name, variable }, n) => {
    const positions = positionsDrawn(variable.size, share, random)
    if (positions.length === 0) return
    const [values, original] = [Float32Array.from(variable.dataSync()), source[n]!.variable.dataSync()]
    for (const at of positions) values[at] = original[at]!
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)))
    restored[name] = positions
  })
  return restored
}

/** Those of 0 .. size-1 that a throw of this probability each draws: gaps between them are geometric. */
function positionsDrawn(size: number, share: number, random: Random): number[] {
  const positions: number[] = []
  if (share <= 0) return positions
  const step = (): number => (share >= 1 ? 1 : 1 + Math.floor(Math.log(1 - random.next()) / Math.log(1 - share)))
  for (let at = step() - 1; at < size; at += step()) positions.push(at)
  return positions
}
