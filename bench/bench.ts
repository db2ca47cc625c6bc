import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { simulate } from '../fixtures/simulate.ts'
import { benchEvaluate } from './evaluate.ts'
import { benchSummary } from './summary.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

type Steps = { readonly forward: number; readonly normOnlyStep: number; readonly fullStep: number }

/** The benchmark figures of this machine, in ms, s and MB; compare ratios within one run, the machine may be shared. Where
 *  SCANBRIDGE_BENCH_PYTHON names a Python with torch, the same network runs there too: `speedup` is PyTorch's better layout
 *  over ours, above 1 is faster. */
export async function bench(): Promise<Record<string, unknown>> {
  const threads = availableParallelism()
  const steps: Record<string, unknown> = {}
  for (const engine of ['cuda', 'cpu', 'wasm']) steps[engine] = await unetSteps(engine, threads)
  const torch = await pytorchSteps(threads)
  return {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', threads, memoryGb: Math.round(totalmem() / 2 ** 30) },
    unet: { batch: [2, 256, 256], ms: steps, pytorch: torch, speedup: speedup(steps['cpu'], torch) },
    evaluate: benchEvaluate(),
    summary: await benchSummary(10_000),
    episodes: await episodes(),
    scroll: await scroll(),
  }
}

async function unetSteps(engine: string, threads: number): Promise<unknown> {
  try {
    const { stdout } = await run(process.execPath, [join(root, 'bench/unet-steps.ts'), engine, String(threads)])
    return JSON.parse(stdout.trim().split('\n').at(-1)!)
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    return { notRun: /UserError: [^\n]*/.exec(stderr)?.[0] ?? stderr.trim().split('\n').at(-1) }
  }
}

async function pytorchSteps(threads: number): Promise<Record<string, Steps> | { notRun: string }> {
  const python = process.env['SCANBRIDGE_BENCH_PYTHON']
  if (!python) return { notRun: 'SCANBRIDGE_BENCH_PYTHON names no Python with torch' }
  const { stdout } = await run(python, [join(root, 'bench/unet.py'), String(threads)])
  return JSON.parse(stdout) as Record<string, Steps>
}

function speedup(ours: unknown, torch: Record<string, Steps> | { notRun: string }): Steps | undefined {
  const { contiguous, channelsLast } = torch as Record<string, Steps>
  if (!contiguous || !channelsLast || !(ours as Partial<Steps>).forward) return undefined
  const ratio = (key: keyof Steps): number => Math.min(contiguous[key], channelsLast[key]) / (ours as Steps)[key]
  return { forward: ratio('forward'), normOnlyStep: ratio('normOnlyStep'), fullStep: ratio('fullStep') }
}

/** Whole runs of the default preset, in processes of their own: reading, prediction, episode, masks, reports. */
async function episodes(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'scanbridge-bench-'))
  try {
    const sample = simulate({ scanner: 'se-t1', subject: 3900, out: join(folder, 'sample') })
    const data = join(process.env['SCANBRIDGE_DATA'] ?? join(root, '../shared/data'), 'dicom/brain_t1_philips')
    return {
      simulated: await episode(sample.dicom, join(folder, 'a'), 'brain-t1w-one-scanner'),
      philipsHead: existsSync(data)
        ? await episode(data, join(folder, 'b'), 'brain-t1w')
        : { notRun: 'no shared data' },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** In a process of its own: a browser that does not start must not end the rest. */
async function scroll(): Promise<unknown> {
  try {
    const { stdout } = await run(process.execPath, [join(root, 'bench/scroll.ts')])
    return JSON.parse(stdout)
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    return { notRun: stderr.trim().split('\n').at(-1) }
  }
}

async function episode(path: string, out: string, model: string): Promise<unknown> {
  const cli = join(root, 'main/cli/main.ts')
  const peak = [
    '--import',
    'data:text/javascript,process.on("exit",()=>console.error("peak "+process.resourceUsage().maxRSS))',
  ]
  const started = performance.now()
  const { stderr } = await run(
    process.execPath,
    [...peak, cli, 'adapt', path, '--model', model, '--out', out, '--json'],
    {
      maxBuffer: 2 ** 26,
    },
  )
  const { input, timing } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Record<
    string,
    { shape?: unknown }
  >
  const peakMb = Math.round(Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024)
  return { model, shape: input?.shape, timing, wallSeconds: (performance.now() - started) / 1000, peakMb }
}
