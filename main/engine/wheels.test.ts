import { expect, it } from 'vitest'
import { cudaRequirements, isHeader, isLibrary, requirement, wheelFor } from './wheels.ts'

it('asks pip for one version and every accepted hash', () => {
  const line = requirement(wheelFor('cpu', 'linux', 'x64')!)
  expect(line).toMatch(/^tensorflow-cpu==2\.21\.0( --hash=sha256:[0-9a-f]{64}){4}$/)
})

it('has no wheel for a machine that TensorFlow is not built for', () => {
  expect(wheelFor('cuda', 'linux', 'arm64')).toBeUndefined()
  expect(wheelFor('cpu', 'freebsd', 'x64')).toBeUndefined()
})

it('reads the CUDA libraries out of METADATA, and no other extra', () => {
  const metadata = [
    'Name: tensorflow',
    'Requires-Dist: numpy>=1.26.0',
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    "Requires-Dist: nvidia-nccl-cu12 (<3.0,>=2.27.7) ; extra == 'and-cuda'",
    'Requires-Dist: tensorflow-io-gcs-filesystem>=0.23.1; extra == "gcs-filesystem"',
  ].join('\n')
  expect(cudaRequirements(metadata)).toEqual(['nvidia-cublas-cu12<13.0,>=12.5.3.2', 'nvidia-nccl-cu12<3.0,>=2.27.7'])
})

it.each([
  ['tensorflow/libtensorflow_cc.so.2', true],
  ['nvidia/cudnn/lib/libcudnn.so.9', true],
  ['nvidia/cuda_nvcc/bin/ptxas', true],
  ['tensorflow/python/_pywrap_tensorflow_internal.so', false],
  ['nvidia/cudnn/include/cudnn.h', false],
  ['nvidia/cublas/lib/libcublas_static.a', false],
])('%s is kept: %s', (path, kept) => {
  expect(isLibrary(path)).toBe(kept)
})

it('takes the headers of the C library and none of the thousands of others', () => {
  expect(isHeader('tensorflow/include/tensorflow/c/eager/c_api.h')).toBe(true)
  expect(isHeader('tensorflow/include/xla/tsl/c/tsl_status.h')).toBe(true)
  expect(isHeader('tensorflow/include/tensorflow/core/framework/tensor.h')).toBe(false)
})
