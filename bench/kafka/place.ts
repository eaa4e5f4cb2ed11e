/** The topic of `order.placed` at a Kafka, under a name of its own. */
import { type Contract, contract } from '@vestnik/bus'
import type { Topology, Transport } from '@vestnik/bus/transport'
import { openKafkaTransport } from '@vestnik/transport-kafka'
import type { Payload } from '../harness/messages.ts'
import { orderPlaced } from '../harness/orders.ts'
import { inFlight } from '../harness/publishing.ts'
import type { KafkaPlace } from '../peers/kafka.ts'

export interface PlaceInput extends KafkaPlace {
  readonly partitions: number
  readonly warm: number
  readonly count: number
}

/** In how large batches one publishes by hand, and after how many messages one commits. */
export const inBatches = 500
export const perCommit = 1_000

export function openPlace({ url, name }: KafkaPlace): Promise<Transport> {
  return openKafkaTransport(url, { topicNames: { [orderPlaced.topic]: name } })
}

export function ordersIn({ partitions }: PlaceInput): Contract<Payload, 'billing'> {
  const { topic, schema } = orderPlaced
  return contract(topic, {
    schema,
    partitions,
    key: (placed: Payload) => placed.customer,
    groups: [{ name: 'billing', concurrency: inFlight }],
  })
}

export function topologyFor(input: PlaceInput): Topology {
  const { topic, partitions, groups } = ordersIn(input)
  return { topics: [{ name: topic, partitions }], groups: groups.map((group) => ({ ...group, topic })) }
}
