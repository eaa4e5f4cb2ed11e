/** The producing process: 200 callers place orders, first to warm up, then what is measured. */
import { callers } from '../harness/callers.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openShop } from '../harness/services.ts'

const { folder, warm, count } = readInput<{ folder: string; warm: number; count: number }>()
await using shop = await openShop(folder)

report({ at: now() })
for (const orders of [warm, count]) {
  await go()
  const from = now()
  await callers(200, 0, orders, (n) => shop.place(n))
  report({ from, at: now(), rssMb: process.memoryUsage().rss / 2 ** 20 })
}
await parentDone
