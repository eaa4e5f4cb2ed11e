/** The producing process: 200 callers place orders, first to warm up, then what is measured. */
import { callers } from '../harness/callers.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openShop } from '../harness/services.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

interface Input {
  readonly folder: string
  readonly warm: number
  readonly count: number
  readonly rabbit?: RabbitPlace
}

const { folder, warm, count, rabbit } = readInput<Input>()
await using shop = await openShop(folder, rabbit)

report({ at: now() })
for (const orders of [warm, count]) {
  await go()
  const from = now()
  await callers(200, 0, orders, (n) => shop.place(n))
  report({ from, at: now(), rssMb: process.memoryUsage().rss / 2 ** 20 })
}
await parentDone
