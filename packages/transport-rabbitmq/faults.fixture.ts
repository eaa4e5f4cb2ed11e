/** The load through the whole chain, on RabbitMQ, and an account of what comes again. */
import assert from 'node:assert/strict'
import type { Transport } from '@vestnik/bus'
import { type Load, startLoad as startLoadOn } from '../../tools/brokers/load.fixture.ts'
import { openRabbitTransport, type RabbitTransportOptions } from './index.ts'

export interface RabbitLoad extends Load {
  /**
   * With each loss of what the reader had in hand a message comes again once, and those in hand only. Its connections
   * are counted here; `channels` says how often its channels were closed besides.
   */
  assertNoHotLoop(channels?: number): void
}

/** Four queues, each with at most so many messages in hand. */
const mostInHand = 4 * 128

/** Opens both services, and publishes until it is told to settle. Places are made by `maker`, where one is given. */
export async function startLoad(
  urls: { readonly writer: string; readonly reader: string },
  options: RabbitTransportOptions = {},
  maker?: Transport,
): Promise<RabbitLoad> {
  const again = new Map<string, number>()
  let losses = 0
  const log = (text: string) => {
    if (text.startsWith('reading: the connection')) losses += 1
  }
  const count = (id: string, by: number) => again.set(id, (again.get(id) ?? 0) + by)
  const load = await startLoadOn({
    writer: () => openRabbitTransport(urls.writer, { settleMs: 0, ...options }),
    reader: async () => counting(await openRabbitTransport(urls.reader, { settleMs: 0, ...options, log }), count),
    ...(maker && { maker }),
  })
  return {
    ...load,
    assertNoHotLoop(channels = 0) {
      const most = losses + channels
      const times = Math.max(0, ...again.values())
      assert.ok(times <= most, `a message came again ${times} times after ${most} losses`)
      const all = [...again.values()].reduce((sum, one) => sum + one, 0)
      assert.ok(all <= most * mostInHand, `${all} messages came again after ${most} losses`)
    },
    [Symbol.asyncDispose]: () => load[Symbol.asyncDispose](),
  }
}

/** Counts how often each message comes again; what the service hands back itself is to come again. */
function counting(own: Transport, count: (id: string, by: number) => void): Transport {
  return {
    ...own,
    subscribe: (group, deliver) =>
      own.subscribe(group, async (message, signal) => {
        if (message.redelivered) count(message.id, 1)
        try {
          await deliver(message, signal)
        } catch (error) {
          if (!signal.aborted) count(message.id, -1)
          throw error
        }
      }),
  }
}
