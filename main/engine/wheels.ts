import type { EngineName } from './engine.ts'

export const tensorflowVersion = '2.21.0'
/** The Pythons that it has wheels for. */
export const wheelPythons = ['3.12', '3.11', '3.10', '3.13']

/** The wheel that holds TensorFlow's C library for an engine, with the sha256 of every build that is accepted
 *  (CPython 3.10 to 3.13; the library does not use Python, any of them will do). */
export type Wheel = { readonly name: string; readonly platform: string; readonly sha256: readonly string[] }

const wheels: Partial<Record<`${EngineName}-${string}`, Wheel>> = {
  'cpu-linux-x64': {
    name: 'tensorflow-cpu',
    platform: 'manylinux_2_27_x86_64',
    sha256: [
      'd143e92f5c0661cdfa26eaca8f73cd2efd0ec53a68af8dec82f584ba8eb14b83',
      '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
      '05af7c26d35f4de910b5598c7b507e3981831a7b0f47fed9a405d995d51d7793',
    ],
  },
  'cpu-linux-arm64': {
    name: 'tensorflow',
    platform: 'manylinux_2_27_aarch64',
    sha256: [
      '7c97938b25cf70c80ae8619931f85abcdee2ab2eb256c2051202edb3b89e9a5d',
      '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
      'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
      'a10abdfb8b1189210c251021a3f153b7ccc52a8e6521351f3dc3331e8ba593e0',
    ],
  },
  'cuda-linux-x64': {
    name: 'tensorflow',
    platform: 'manylinux_2_27_x86_64',
    sha256: [
      '77c6f298e695ea1d283cdd7d30f8d97530cc6e92c1395a9ddbab9771c99233a4',
      '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      'e9d8da8dcab9650efb45f032ba70af2f016f907e6e0c6bda29dd101bba945406',
    ],
  },
}

export function wheelFor(engine: EngineName, platform: string, arch: string): Wheel | undefined {
  return wheels[`${engine}-${platform}-${arch}`]
}

/** What pip is asked for, with the hashes it must check. */
export function requirement({ name, sha256 }: Wheel): string {
  return [`${name}==${tensorflowVersion}`, ...sha256.map((hash) => `--hash=sha256:${hash}`)].join(' ')
}

/** The NVIDIA libraries that the wheel's own METADATA names for its extra "and-cuda", as pip requirements. */
export function cudaRequirements(metadata: string): string[] {
  return [
    ...metadata.matchAll(/^Requires-Dist:\s*(nvidia-[\w-]+)\s*([^;]*);\s*extra\s*==\s*["']and-cuda["']\s*$/gm),
  ].map(([, name, range]) => `${name}${range!.replace(/[()\s]/g, '')}`)
}

/** Of all that a wheel holds, what is kept: the libraries, and while the addon is compiled the headers it includes. */
export function isLibrary(path: string): boolean {
  return /^tensorflow\/libtensorflow_(cc|framework)\.so\.2$|^nvidia\/\w+\/(lib\/[^/]+\.so[.\d]*|bin\/ptxas)$/.test(path)
}
export function isHeader(path: string): boolean {
  return /^tensorflow\/include\/(tensorflow\/c\/|(tensorflow\/core|tsl)\/platform\/ctstring|xla\/tsl\/c\/)[\w/]*\.h$/.test(
    path,
  )
}
export function isMetadata(path: string): boolean {
  return /^tensorflow\w*-[\w.]+\.dist-info\/METADATA$/.test(path)
}
