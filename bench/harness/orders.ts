/** The contract that all measured processes share, and its places at the broker. */
import { type Contract, contract } from '@vestnik/bus'
import type { Topology } from '@vestnik/bus/transport'
import { z } from 'zod'
import type { Payload } from './messages.ts'

export const order: z.ZodType<Payload> = z.object({
  n: z.int(),
  customer: z.string(),
  at: z.int(),
  note: z.string(),
})

export const orderPlaced: Contract<Payload, 'billing'> = contract('order.placed', {
  schema: order,
  key: ({ customer }) => customer,
  groups: [{ name: 'billing', concurrency: 200 }],
})

export const topology: Topology = {
  topics: [{ name: orderPlaced.topic, partitions: orderPlaced.partitions }],
  groups: orderPlaced.groups.map((group) => ({ ...group, topic: orderPlaced.topic })),
}
