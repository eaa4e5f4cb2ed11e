/** Publishes with 1,000 callers at once, each awaiting its own message, and reports the rate. */
import { callers } from '../harness/callers.ts'
import { message } from '../harness/messages.ts'
import { readInput, report } from '../harness/program.ts'
import { timed } from '../rabbitmq/timed.ts'
import { inFlight, openPlace, type PlaceInput, topologyFor } from './place.ts'

const input = readInput<PlaceInput>()
const { warm, count } = input
const transport = await openPlace(input)
await transport.ensure(topologyFor(input))

// Made beforehand, as those of the others are.
const messages = Array.from({ length: warm + count }, (_, n) => [message(n)])
await callers(inFlight, 0, warm, (n) => transport.publish(messages[n] ?? []))
const { perSecond, cpuUs } = await timed(count, () =>
  callers(inFlight, warm, warm + count, (n) => transport.publish(messages[n] ?? [])),
)
report({ publishedPerSecond: perSecond, publishCpuUs: cpuUs })
await transport.close()
