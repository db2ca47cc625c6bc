/** The app's service as a host asks it: input and output go through their schemas, refusals are thrown. */
import { answer } from '../main/host/answer.ts'
import { createService } from '../main/app/service.ts'
import type { AppCall, Event, Input, Output, Picked } from '../main/contract/contract.ts'
import type { Job, VolumeRef } from '../main/contract/schemas.ts'

type EventOf<E extends Event['event']> = Extract<Event, { event: E }>['payload']

export type Desk = {
  call<K extends AppCall>(name: K, input: Input<K>): Promise<Output<K>>
  /** When a job has ended, however. */
  ended(job: string): Promise<Job>
  /** Opens what was picked; the volume that is suggested first. */
  openScan(pick: string): Promise<VolumeRef>
  /** What was told so far. */
  events<E extends Event['event']>(name: E): EventOf<E>[]
  /** Waits for an event. */
  until<E extends Event['event']>(name: E, isSo: (payload: EventOf<E>) => boolean): Promise<void>
  close(): Promise<void>
}

export function openDesk(home: string, picked: Picked): Desk {
  const seen: Event[] = []
  const simulate = () => Promise.reject(new Error('there is no sample here'))
  const service = createService({ home, emit: (event) => seen.push(event), simulate })
  const desk: Desk = {
    async call(name, input) {
      const reply = await answer(service, name, input, picked, (text) => void console.error(text))
      if (reply.ok) return reply.value as never
      const { code, message, remedy } = reply.error
      throw Object.assign(new Error(`${message} ${remedy}`), { code })
    },
    async ended(id) {
      for (;;) {
        const job = (await desk.call('app.state', {})).jobs.find((one) => one.id === id)!
        if (job.state !== 'running' && job.state !== 'cancelling') return job
        await pause()
      }
    },
    async openScan(pick) {
      const { input } = await desk.ended((await desk.call('input.open', { pick })).job)
      return (await desk.call('app.state', {})).inputs.find(({ id }) => id === input)!.suggested!
    },
    events: (name) => seen.flatMap((event) => (event.event === name ? [event.payload as never] : [])),
    async until(name, isSo) {
      while (!desk.events(name).some(isSo)) await pause()
    },
    close: () => service.close(),
  }
  return desk
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
