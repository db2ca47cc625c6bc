import { tf } from './tf.ts'

type Pair = [number, number]
type ConvAttributes = {
  readonly strides: Pair | number
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
  readonly dataFormat: 'NHWC'
}

/** Puts the two gradients of a 2D convolution into the wasm backend: it has none for the filter, and one for the input that
 *  takes twelve times as long as the convolution. Both are written with its fast kernels, convolution and matrix product.
 *  The input's is also what a transposed convolution runs. Call once, when the wasm backend is chosen. */
export function registerWasmConvolutions(): void {
  tf.unregisterKernel('Conv2DBackpropInput', 'wasm')
  tf.registerKernel({
    kernelName: 'Conv2DBackpropInput',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { inputShape, ...attributes } = attrs as unknown as ConvAttributes & { inputShape: tf.Tensor4D['shape'] }
      const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D }
      return tf.tidy(() => inputGradient(dy, filter, convInfo(inputShape, filter.shape, attributes)))
    },
  })
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { filterShape, ...attributes } = attrs as unknown as ConvAttributes & { filterShape: tf.Tensor4D['shape'] }
      const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D }
      return tf.tidy(() => filterGradient(x, dy, convInfo(x.shape, filterShape, attributes)))
    },
  })
}

type ConvInfo = tf.backend_util.Conv2DInfo

function convInfo(
  input: tf.Tensor4D['shape'],
  filter: tf.Tensor4D['shape'],
  { strides, pad, dimRoundingMode, dataFormat }: ConvAttributes,
): ConvInfo {
  if (dataFormat !== 'NHWC') throw new Error(`channels come last on wasm, not ${String(dataFormat)}`)
  return tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad, dimRoundingMode, false, 'channelsLast')
}

/** Gradient of the input: dy spread out by the strides, convolved with the filter turned by 180 degrees. [n, j, i, in] */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  if (isTiling(info)) return tiles(dy, filter, info)
  const spread = spreadOut(dy, info.strideHeight, info.strideWidth)
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) // [a, b, out, in]
  const top = info.filterHeight - 1 - info.padInfo.top
  const left = info.filterWidth - 1 - info.padInfo.left
  const bottom = info.inHeight + info.filterHeight - 1 - spread.shape[1] - top
  const right = info.inWidth + info.filterWidth - 1 - spread.shape[2] - left
  // A transposed convolution may ask for more at its far side than dy reaches, or crop more than the filter overlaps.
  const pads: [Pair, Pair, Pair, Pair] = [
    [0, 0],
    [Math.max(0, top), Math.max(0, bottom)],
    [Math.max(0, left), Math.max(0, right)],
    [0, 0],
  ]
  const full = tf.conv2d(spread, turned, 1, pads)
  const [cropTop, cropLeft] = [Math.max(0, -top), Math.max(0, -left)]
  if (!cropTop && !cropLeft && bottom >= 0 && right >= 0) return full
  return tf.slice(full, [0, cropTop, cropLeft, 0], info.inShape)
}

/** Strides as wide as the filter, without padding: each output pixel belongs to one tile of the input. */
function isTiling({ filterHeight, filterWidth, strideHeight, strideWidth, padInfo, ...info }: ConvInfo): boolean {
  const isPadded = padInfo.top || padInfo.left || padInfo.bottom || padInfo.right
  return (
    !isPadded &&
    filterHeight === strideHeight &&
    filterWidth === strideWidth &&
    info.inHeight === info.outHeight * strideHeight &&
    info.inWidth === info.outWidth * strideWidth
  )
}

/** One product gives all tiles: the transposed convolution of most U-Nets (2 x 2, stride 2), and every 1 x 1 convolution. */
function tiles(dy: tf.Tensor4D, filter: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const { batchSize, outHeight, outWidth, outChannels, inChannels, filterHeight, filterWidth } = info
  const pixels = tf.reshape<tf.Rank.R2>(dy, [-1, outChannels])
  const taps = tf.transpose(tf.reshape<tf.Rank.R2>(filter, [-1, outChannels])) // [out, a b in]
  const product = tf.matMul(pixels, taps)
  if (filterHeight * filterWidth === 1) return tf.reshape(product, info.inShape)
  const shape = [batchSize * outHeight, outWidth, filterHeight, filterWidth * inChannels]
  return tf.reshape(tf.transpose(tf.reshape(product, shape), [0, 2, 1, 3]), info.inShape)
}

/** Zeros between the pixels: padding behind each value along channels, then along rows, read as more pixels and more rows. */
function spreadOut(dy: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return dy
  const [batch, height, width, channels] = dy.shape
  const wide = padBehind(tf.reshape(dy, [batch * height * width, channels]), (strideWidth - 1) * channels)
  const row = width * strideWidth * channels
  const high = padBehind(tf.reshape(wide, [batch * height, row]), (strideHeight - 1) * row)
  const spread = tf.reshape<tf.Rank.R4>(high, [batch, height * strideHeight, width * strideWidth, channels])
  // Nothing comes after the last pixel.
  const shape: Pair = [(height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1]
  return tf.slice(spread, [0, 0, 0, 0], [batch, ...shape, channels])
}

function padBehind(x: tf.Tensor, count: number): tf.Tensor {
  return count === 0 ? x : tf.pad(x, [[0, 0], [0, count]]) // prettier-ignore
}

/** Gradient of the filter: for each of its taps, the input as that tap saw it, times dy, summed over all pixels.
 *  [a, b, in, out]. The input is transposed once, so that each tap is a plain matrix product. */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const {
    batchSize,
    outHeight,
    outWidth,
    inChannels,
    outChannels,
    strideHeight,
    strideWidth,
    filterHeight,
    filterWidth,
  } = info
  const { top, bottom, left, right } = info.padInfo
  const isPadded = top || bottom || left || right
  const padded = isPadded ? tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]) : x // prettier-ignore
  const planes = tf.transpose(padded, [3, 0, 1, 2]) // [in, n, j, i]
  const pixels = tf.reshape<tf.Rank.R2>(dy, [-1, outChannels])
  const [spanHeight, spanWidth] = [(outHeight - 1) * strideHeight + 1, (outWidth - 1) * strideWidth + 1]
  const taps: tf.Tensor[] = []
  for (let a = 0; a < filterHeight; a++) {
    for (let b = 0; b < filterWidth; b++) {
      const size = [inChannels, batchSize, spanHeight, spanWidth]
      const end = [inChannels, batchSize, a + spanHeight, b + spanWidth]
      const seen =
        strideHeight * strideWidth === 1
          ? tf.slice(planes, [0, 0, a, b], size)
          : tf.stridedSlice(planes, [0, 0, a, b], end, [1, 1, strideHeight, strideWidth])
      taps.push(tf.tidy(() => tf.matMul(tf.reshape<tf.Rank.R2>(seen, [inChannels, -1]), pixels)))
      seen.dispose()
    }
  }
  return tf.reshape(tf.stack(taps), info.filterShape)
}
