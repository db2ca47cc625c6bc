import { tf } from '../engine/tf.ts'

/** Runs f and disposes every tensor that it made. tf.tidy for results that are no tensors: it would search each large array
 *  that is returned, element by element. */
export function scoped<T>(f: () => T): T {
  tf.engine().startScope()
  try {
    return f()
  } finally {
    tf.engine().endScope()
  }
}
