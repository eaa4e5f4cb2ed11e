/** Places orders at a steady rate; each carries when its transaction was begun, in microseconds since 1970. */
import { pace } from '../harness/pace.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openShop } from '../harness/services.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

interface Input {
  readonly folder: string
  readonly perSecond: number
  readonly seconds: number
  readonly rabbit?: RabbitPlace
}

const { folder, perSecond, seconds, rabbit } = readInput<Input>()
await using shop = await openShop(folder, rabbit)

report({ at: now() })
await go()
// The first second warms up, and is not counted by the reader.
await pace(perSecond, 1 + seconds, (n) => shop.place(n, Math.round(now() * 1000)))
report({ at: now() })
await parentDone
