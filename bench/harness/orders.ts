/** The contract that both processes of the chain share. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'
import type { Payload } from './messages.ts'

export const orderPlaced: Contract<Payload, 'billing'> = contract('order.placed', {
  schema: z.object({ n: z.int(), customer: z.string(), at: z.int(), note: z.string() }),
  key: (order) => order.customer,
  groups: [{ name: 'billing', concurrency: 200 }],
})
