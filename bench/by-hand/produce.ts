/** The producing process by hand: 200 callers place orders while the relay sends their messages. */
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { callers } from '../harness/callers.ts'
import { payload } from '../harness/messages.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openBroker } from './broker.ts'
import { openOutbox, relay } from './outbox.ts'

interface Input {
  readonly folder: string
  readonly perCommit: number
  readonly warm: number
  readonly count: number
}

const { folder, perCommit, warm, count } = readInput<Input>()
const stop = new AbortController()
const broker = openBroker(join(folder, 'broker.db'))
const outbox = openOutbox(join(folder, 'shop.db'))
const relaying = relay(outbox, broker, perCommit, stop.signal)

report({ at: now() })
for (const orders of [warm, count]) {
  await go()
  const from = now()
  await callers(200, 0, orders, (n) => {
    outbox.place(payload(n))
    return turn()
  })
  report({ from, at: now() })
}
await parentDone
stop.abort()
await relaying
outbox.close()
broker.close()
