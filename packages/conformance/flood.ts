/** A steady load: batches of messages of several keys, each key in order, as a relay would send them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outgoing, Transport } from '@vestnik/bus'
import { PublishError } from '@vestnik/bus/errors'
import { messageOf, rounds } from './messages.ts'

export interface Flood {
  readonly topic: string
  readonly keys: number
  /** How many messages of each key a batch has. @default 1 */
  readonly perKey?: number
  /** @default the id's length */
  readonly bytes?: number
  /** @default 0 */
  readonly pauseMs?: number
  /** Sends again what was doubtful, and goes on. @default false: any error ends the flood */
  readonly again?: boolean
}

export function startFlood(
  transport: Transport,
  plan: Flood,
  confirmed: (ids: readonly string[]) => void,
): { end(): Promise<void> } {
  let ending = false
  const running = (async () => {
    for (let batch = 0; !ending; batch += 1) {
      let messages = batchOf(plan, batch)
      while (messages.length > 0) messages = await send(transport, messages, plan, confirmed)
      await sleep(plan.pauseMs ?? 0)
    }
  })()
  running.catch(() => {})
  return {
    end() {
      ending = true
      return running
    },
  }
}

/** What has to be sent again. */
async function send(
  transport: Transport,
  messages: readonly Outgoing[],
  { again }: Flood,
  confirmed: (ids: readonly string[]) => void,
): Promise<readonly Outgoing[]> {
  try {
    await transport.publish(messages)
    confirmed(messages.map(({ id }) => id))
    return []
  } catch (error) {
    if (!again || !(error instanceof PublishError)) throw error
    const doubtful = messages.filter(({ id }) => error.doubtful.includes(id))
    const exceptions = new Set([...error.doubtful, ...error.refused.map(({ id }) => id)])
    confirmed(messages.map(({ id }) => id).filter((id) => !exceptions.has(id)))
    await sleep(20)
    return doubtful
  }
}

function batchOf({ topic, keys, perKey = 1, bytes }: Flood, batch: number): readonly Outgoing[] {
  const firstRound = batch * perKey
  return rounds(keys, perKey, firstRound + 1).map((id) => messageOf(topic, id, bytes))
}
