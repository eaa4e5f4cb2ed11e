/** Orders by hand, and a relay by hand, of which 1,000 messages may be unconfirmed: each that is confirmed is forgotten by itself. */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { payload } from '../harness/messages.ts'
import { placeOrders } from '../harness/placing.ts'
import { type Counts, inFlight } from '../harness/publishing.ts'
import type { Message } from './broker.ts'
import type { Outbox } from './outbox.ts'

/** `publish` resolves when the broker has confirmed the message. Ends when the parent has enough. */
export async function placeAndRelay(
  counts: Counts,
  outbox: Outbox,
  publish: (message: Message) => Promise<unknown>,
): Promise<void> {
  let unconfirmed = 0
  let stopped = false
  const relaying = relay()
  await placeOrders(counts, (n) => {
    outbox.place(payload(n))
    return turn()
  })
  stopped = true
  await relaying

  async function relay(): Promise<void> {
    let last = 0
    while (!stopped) {
      const rows = outbox.waiting(last, inFlight - unconfirmed)
      for (const row of rows) void send(row)
      last = rows.at(-1)?.pos ?? last
      await sleep(rows.length === 0 ? 5 : 0)
    }
  }

  async function send(message: Message): Promise<void> {
    unconfirmed += 1
    await publish(message)
    unconfirmed -= 1
    outbox.forget(message.pos, message.pos)
  }
}
