/** The producing process: 200 callers place orders, first to warm up, then what is measured. */

import { placeOrders } from '../harness/placing.ts'
import { readInput } from '../harness/program.ts'
import { openShop } from '../harness/services.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

interface Input {
  readonly folder: string
  readonly warm: number
  readonly count: number
  readonly rabbit?: RabbitPlace
}

const { folder, rabbit, ...counts } = readInput<Input>()
await using shop = await openShop(folder, rabbit)

await placeOrders(
  counts,
  (n) => shop.place(n),
  () => ({ rssMb: process.memoryUsage().rss / 2 ** 20 }),
)
