/** Sends batches to whoever leads their partition, each partition with a producer of its own. */
import { initProducerIdV4 } from '@platformatic/kafka'
import { encodeBatch } from './batch.ts'
import { errorOf } from './broker-errors.ts'
import type { Place } from './coordinator.ts'
import type { Entry } from './entry.ts'
import type { Leaders } from './leaders.ts'
import type { Link } from './link.ts'
import { produce } from './produce.ts'
import { createProducer, type Producer } from './producer.ts'
import type { Wires } from './wires.ts'

export interface ProducerPlace extends Place {
  /** What the broker calls the topic. */
  readonly name: string
  readonly leaders: Leaders
}

/** One for each partition: none of them can do any harm to another. */
export function producerFor(
  { link, wires }: { readonly link: Link; readonly wires: Wires },
  place: ProducerPlace,
): Producer<readonly Entry[]> {
  const { name, partition, leaders } = place

  async function askId(): Promise<bigint> {
    const { errorCode, producerId } = await link.askAny(initProducerIdV4.api, null, 0)
    if (errorCode !== 0) throw errorOf(errorCode)
    return producerId
  }

  return createProducer<readonly Entry[]>({
    askId,
    bytesOf: (entries) => entries.reduce((sum, { record }) => sum + record.content.length, 0),
    async store(entries, numbers, deadlineMs) {
      if (!leaders.of(place)) await leaders.refresh()
      const leader = leaders.of(place)
      if (!leader) throw new Error('its partition has no leader now')
      const records = entries.map(({ record }) => record)
      const batch = encodeBatch(records, numbers, Date.now())
      return wires.ask(leader.address, deadlineMs, produce, name, partition, batch)
    },
  })
}
