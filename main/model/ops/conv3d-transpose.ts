import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'

type Three = [number, number, number]
type Five = [number, number, number, number, number]

/** Transposed 3D convolution of [n, d, h, w, in] with [kd, kh, kw, out, in] to the spatial size `sizes`, without padding.
 *  tfjs has the operation, but no gradient for it: that is here, in both inputs. The caller disposes. */
export function conv3dTranspose(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  sizes: readonly number[],
  strides: readonly number[],
): Tensor {
  const attributes = { strides: [...strides] as Three, pad: 'valid' as const }
  const operation = tf.customGrad((...args) => {
    const [x, filter, save] = args as unknown as [tf.Tensor5D, tf.Tensor5D, tf.GradSaveFunc]
    const shape = [x.shape[0], ...sizes, filter.shape[3]] as Five
    save([x, filter])
    const value = tf.conv3dTranspose(x, filter, shape, attributes.strides, 'valid')
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [x, filter] = saved as [tf.Tensor5D, tf.Tensor5D]
      const dx = tf.conv3d(dy as tf.Tensor5D, filter, attributes.strides, 'valid')
      // The roles are exchanged: what goes in here is what came out of the convolution.
      const inputs = { x: dy, dy: x }
      const dFilter = tf.engine().runKernel<Tensor>('Conv3DBackpropFilterV2', inputs, {
        ...attributes,
        filterShape: filter.shape,
      })
      return [dx, dFilter]
    }
    return { value, gradFunc }
  })
  return operation(x, filter)
}
