/** What the processes of the kill tests exchange, and where each leaves what it did. */
import { join } from 'node:path'
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod/mini'

export interface Order {
  /** Unique over all processes. */
  readonly n: string
  readonly key: string
  /** What becomes of it: most are fine, some fail at first, a few are dead letters until the folder says that it is mended. */
  readonly manner: 'fine' | 'fails' | 'dies'
}

export const placed: Contract<Order, 'books' | 'letters'> = contract('order.placed', {
  schema: z.object({ n: z.string(), key: z.string(), manner: z.enum(['fine', 'fails', 'dies']) }),
  key: ({ key }) => key,
  groups: ['books', 'letters'],
  retry: { attempts: 50, firstDelayMs: 20, maxDelayMs: 100 },
})

/** Of each process the same. */
export const keyCount = 30

/** Short enough that the shards of a dead process do not lie idle for most of a run. */
export const leaseMs = 300

export interface Places {
  readonly broker: string
  /** The producers' database, and the consumers'. */
  readonly orders: string
  readonly books: string
  /** A line for each order whose commit was answered. */
  readonly confirmed: string
  /** A line for each act of the effect group: idempotency key, then the order. */
  readonly acts: string
  /** When it is there, no order dies any more. */
  readonly mended: string
}

export const placesIn = (folder: string): Places => ({
  broker: join(folder, 'broker.db'),
  orders: join(folder, 'orders.db'),
  books: join(folder, 'books.db'),
  confirmed: join(folder, 'confirmed'),
  acts: join(folder, 'acts'),
  mended: join(folder, 'mended'),
})

export function orderOf(process: string, count: number): Order {
  const manner = count % 101 === 50 ? 'dies' : count % 23 === 11 ? 'fails' : 'fine'
  return { n: `${process}/${count}`, key: `k${count % keyCount}`, manner }
}
