/** Publishes at a steady rate, each message with the time of its publish, until its parent has enough. */
import { payload } from '../harness/messages.ts'
import { orderPlaced } from '../harness/orders.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openPlace, type PlaceInput, topologyFor } from './place.ts'

const input = readInput<PlaceInput>()
const transport = await openPlace(input)
await transport.ensure(topologyFor(input))
let n = 0
const timer = setInterval(() => {
  n += 1
  const order = payload(n, Math.round(now()))
  const body = Buffer.from(JSON.stringify(order))
  void transport.publish([{ id: `p${n}`, topic: orderPlaced.topic, key: order.customer, headers: {}, body }])
}, 5)
report({ at: now() })
await parentDone
clearInterval(timer)
await transport.close()
