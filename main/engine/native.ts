import { tf } from './tf.ts'

/** What tfjs-node's backend lets us call beside the kernels that tfjs knows: any operation of TensorFlow by its name. */
type NativeBackend = tf.KernelBackend & {
  readonly binding: Readonly<Record<string, number>>
  executeMultipleOutputs(
    name: string,
    attributes: readonly object[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[]
}

export type NativeAttribute =
  | { readonly type: 'float32' | 'int32' }
  | { readonly bool: boolean }
  | { readonly int: number | readonly number[] }
  | { readonly float: number }
  | { readonly string: string }

/** Whether tensors live in TensorFlow itself (the cpu and cuda engines). */
export function isNative(): boolean {
  return tf.getBackend() === 'tensorflow'
}

/** Runs one TensorFlow operation eagerly. Not recorded for gradients: call it inside tf.customGrad or a gradient. */
export function runNative(
  operation: string,
  inputs: readonly tf.TensorInfo[],
  attributes: Readonly<Record<string, NativeAttribute>>,
  outputs = 1,
): tf.Tensor[] {
  const backend = tf.backend() as NativeBackend
  const { binding } = backend
  const list = Object.entries(attributes).map(([name, attribute]) => {
    if ('type' in attribute) {
      const value = attribute.type === 'int32' ? binding['TF_INT32'] : binding['TF_FLOAT']
      return { name, type: binding['TF_ATTR_TYPE'], value }
    }
    if ('bool' in attribute) return { name, type: binding['TF_ATTR_BOOL'], value: attribute.bool }
    if ('int' in attribute) return { name, type: binding['TF_ATTR_INT'], value: attribute.int }
    if ('float' in attribute) return { name, type: binding['TF_ATTR_FLOAT'], value: attribute.float }
    return { name, type: binding['TF_ATTR_STRING'], value: attribute.string }
  })
  return backend.executeMultipleOutputs(operation, list, inputs, outputs)
}
