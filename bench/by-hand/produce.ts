/** The producing process by hand: 200 callers place orders while the relay sends their messages. */
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { payload } from '../harness/messages.ts'
import { placeOrders } from '../harness/placing.ts'
import { readInput } from '../harness/program.ts'
import { openBroker } from './broker.ts'
import { openOutbox, relay } from './outbox.ts'

interface Input {
  readonly folder: string
  readonly perCommit: number
  readonly warm: number
  readonly count: number
}

const { folder, perCommit, ...counts } = readInput<Input>()
const stop = new AbortController()
const broker = openBroker(join(folder, 'broker.db'))
const outbox = openOutbox(join(folder, 'shop.db'))
const relaying = relay(outbox, broker, perCommit, stop.signal)

await placeOrders(counts, (n) => {
  outbox.place(payload(n))
  return turn()
})
stop.abort()
await relaying
outbox.close()
broker.close()
