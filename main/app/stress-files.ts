import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'
import { stressCsv, stressHtml } from '../report/stress.ts'
import type { Stress } from '../report/stress.ts'
import { stylesheet } from '../report/style.ts'

/**
 * The cohort of degraded scans; a file that is there is whole, and stays. `facts` say what they are made from: throws
 * UserError where the folder holds those of something else.
 */
export async function openCohort(
  out: string,
  facts: Readonly<Record<string, string | number | null>>,
): Promise<{
  readonly manifest: string
  readonly evaluation: string
  has(name: string): boolean
  write(name: string, content: Uint8Array | string): Promise<void>
}> {
  const folder = join(out, 'scans')
  await mkdir(folder, { recursive: true })
  const [made, own] = [join(folder, 'made-from.json'), `${JSON.stringify(facts, null, 2)}\n`]
  if (existsSync(made) && (await readFile(made, 'utf8')) !== own)
    throw new UserError('usage', {
      problem: `${out} holds the stress test of another scan, reference, model or seed`,
      remedy: 'Choose a new folder with --out, or give the same again.',
    })
  await writeFileAtomic(made, own)
  return {
    manifest: join(folder, 'manifest.csv'),
    evaluation: join(out, 'evaluation'),
    has: (name) => existsSync(join(folder, name)),
    write: (name, content) =>
      writeFileAtomic(join(folder, name), typeof content === 'string' ? content : Buffer.from(content)),
  }
}

export async function writeStress(out: string, stress: Stress): Promise<string[]> {
  const files = {
    'stress.json': `${JSON.stringify(stress, null, 2)}\n`,
    'stress.csv': stressCsv(stress),
    'stress.html': stressHtml(stress, createHash('sha256').update(stylesheet).digest('base64')),
  }
  for (const [name, content] of Object.entries(files)) await writeFileAtomic(join(out, name), content)
  return Object.keys(files)
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
