import { tf } from '../engine/tf.ts'
import type { Parameter } from '../model/model.ts'

/** Moves the teacher's parameters towards the student's: teacher = momentum teacher + (1 - momentum) student. Same order. */
export function followStudent(teacher: readonly Parameter[], student: readonly Parameter[], momentum: number): void {
  teacher.forEach(({ variable }, n) => {
    tf.tidy(() => variable.assign(tf.add(tf.mul(variable, momentum), tf.mul(student[n]!.variable, 1 - momentum))))
  })
}
