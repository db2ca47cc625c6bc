import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../main/contract/contract.ts'
import type { ErrorShape } from '../../main/contract/schemas.ts'
import { CallError, on, pickDropped } from './client.ts'

type Answer = (address: string, init: RequestInit) => Response | Promise<Response>

/** A browser's tab, and what the host would answer. */
function tab(answer: Answer): string[] {
  const asked: string[] = []
  vi.stubGlobal('window', {})
  vi.stubGlobal('location', { hash: '', pathname: '/' })
  vi.stubGlobal('sessionStorage', { getItem: () => 'token' })
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    asked.push(address)
    init.signal?.throwIfAborted()
    return Promise.race([answer(address, init), aborted(init.signal)])
  })
  return asked
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
}

const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers })
const headers = { 'content-type': 'application/json' }
const refused = (code: string): ErrorShape => ({ code, message: 'No.', remedy: 'Do this.' })

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('events', () => {
  it.each([401, 403])('says why the host refuses this window (%d), and asks no more', async (status) => {
    vi.useFakeTimers()
    const asked = tab(() => json(status, { ok: false, error: refused('token-wrong') }))
    const told: unknown[] = []
    const stop = on(
      () => {},
      (isConnected, refusal) => told.push([isConnected, refusal]),
    )
    await vi.advanceTimersByTimeAsync(5000)
    stop()
    expect(told).toEqual([[false, refused('token-wrong')]])
    expect(asked).toEqual(['events'])
  })

  it('come again after a host that was away', async () => {
    vi.useFakeTimers()
    const event: Event = { event: 'changed', payload: { what: ['runs'] } }
    let tries = 0
    tab(() => {
      if (++tries === 1) throw new TypeError('fetch failed')
      return tries === 2 ? new Response(`\n${JSON.stringify(event)}\n`) : new Promise<never>(() => {})
    })
    const events: Event[] = []
    const told: unknown[] = []
    const stop = on(
      (event) => events.push(event),
      (isConnected) => told.push(isConnected),
    )
    await vi.advanceTimersByTimeAsync(1500)
    stop()
    expect(events).toEqual([event])
    expect(told.slice(0, 3)).toEqual([false, true, false])
  })
})

describe('pickDropped', () => {
  const files = Array.from({ length: 12 }, (_, n) => ({ file: new File(['x'], `${n}.dcm`), path: `a/${n}.dcm` }))
  const pick = { pick: 'p', name: 'a' }

  it('sends every file and tells how far it is', async () => {
    const asked = tab((address) => (address.startsWith('call/') ? json(200, { ok: true, value: pick }) : json(200, {})))
    const shares: number[] = []
    expect(await pickDropped(files, 'a', (share) => shares.push(share))).toEqual(pick)
    expect(asked).toHaveLength(13)
    expect(asked[1]).toBe('upload/p/a/0.dcm')
    expect(shares).toEqual(files.map((_, n) => (n + 1) / 12))
  })

  it('ends with the first refusal: nothing more is sent or told', async () => {
    vi.useFakeTimers()
    const shares: number[] = []
    const asked = tab(async (address) => {
      if (address.startsWith('call/')) return json(200, { ok: true, value: pick })
      if (address.endsWith('/5.dcm')) return json(413, { ok: false, error: refused('too-large') })
      await new Promise((resolve) => setTimeout(resolve, 100))
      return json(200, {})
    })
    const result = pickDropped(files, 'a', (share) => shares.push(share)).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(150)
    const told = shares.length
    expect(await result).toMatchObject({ code: 'too-large', message: 'No.' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(shares).toHaveLength(told)
    expect(asked.length).toBeLessThan(12)
  })

  it('says that the host has ended where it does not answer', async () => {
    tab((address) => {
      if (address.startsWith('call/')) return json(200, { ok: true, value: pick })
      throw new TypeError('Failed to fetch')
    })
    const error: unknown = await pickDropped(files, 'a', () => {}).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(CallError)
    expect(error).toMatchObject({ code: 'host-gone' })
  })

  it('says which file went away before it was sent', async () => {
    tab((address) => {
      if (address.startsWith('call/')) return json(200, { ok: true, value: pick })
      throw new TypeError('Failed to fetch')
    })
    const lost = Object.assign(new File(['x'], 'lost.dcm'), {
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }),
    })
    const error: unknown = await pickDropped([{ file: lost, path: 'lost.dcm' }], 'a', () => {}).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'drop-unreadable', message: 'lost.dcm cannot be read any more.' })
  })
})
