import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { writeNpy } from './npy.ts'
import { stepName } from './run.ts'
import { writeSafetensors } from './safetensors.ts'
import type { Tensors } from './safetensors.ts'

type NumberArray = { readonly dims: readonly number[]; readonly data: Float32Array }

/** Enough to compute a step again elsewhere: what went in and out before the update, and the parameters after it. */
export type TracedStep = {
  readonly step: number
  readonly input: NumberArray
  readonly views: unknown
  readonly logits: NumberArray
  readonly parameters: Tensors
}

/** Writes NNNN/{input.npy, views.json, logits.npy, params.safetensors} into the folder of --trace. */
export async function writeTrace(
  folder: string,
  { step, input, views, logits, parameters }: TracedStep,
): Promise<void> {
  const place = join(folder, stepName(step))
  try {
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'input.npy'), writeNpy(input.data, input.dims))
    await writeFile(join(place, 'views.json'), JSON.stringify(views, null, 2) + '\n')
    await writeFile(join(place, 'logits.npy'), writeNpy(logits.data, logits.dims))
    await writeFile(join(place, 'params.safetensors'), writeSafetensors(parameters))
  } catch (cause) {
    const reason = (cause as Error).message
    throw new UserError(
      'cannot-write',
      { path: place, reason, remedy: 'Choose another folder with --trace.' },
      { cause },
    )
  }
}
