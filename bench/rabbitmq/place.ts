/** The places of `order.placed` at a RabbitMQ, under a name of their own, for a group with or without order. */
import { type Contract, contract } from '@vestnik/bus'
import type { Topology, Transport } from '@vestnik/bus/transport'
import { openRabbitTransport } from '@vestnik/transport-rabbitmq'
import type { Payload } from '../harness/messages.ts'
import { orderPlaced } from '../harness/orders.ts'
import { inFlight } from '../harness/publishing.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

export interface PlaceInput extends RabbitPlace {
  readonly order: 'key' | 'none'
  readonly warm: number
  readonly count: number
}

/** Does not wait until new queues are on the disk: nobody ends this broker. */
export function openPlace({ url, name }: RabbitPlace): Promise<Transport> {
  return openRabbitTransport(url, { topicNames: { [orderPlaced.topic]: name }, settleMs: 0 })
}

export function ordersIn(order: 'key' | 'none'): Contract<Payload, 'billing'> {
  const { topic, schema } = orderPlaced
  return contract(topic, {
    schema,
    key: (placed: Payload) => placed.customer,
    groups: [{ name: 'billing', concurrency: inFlight, order }],
  })
}

export function topologyFor({ order }: PlaceInput): Topology {
  const { topic, partitions, groups } = ordersIn(order)
  return { topics: [{ name: topic, partitions }], groups: groups.map((group) => ({ ...group, topic })) }
}
