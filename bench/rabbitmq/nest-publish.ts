/** Publishes with NestJS' client: 1,000 callers at once, each awaiting its own message. */
import 'reflect-metadata'
import { Logger } from '@nestjs/common'
import { ClientRMQ } from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'
import { callers } from '../harness/callers.ts'
import { payload } from '../harness/messages.ts'
import { orderPlaced } from '../harness/orders.ts'
import { readInput, report } from '../harness/program.ts'
import { nestOptions } from './nest.ts'
import { inFlight, type PlaceInput } from './place.ts'
import { timed } from './timed.ts'

const input = readInput<PlaceInput>()
const { warm, count } = input
Logger.overrideLogger(['error'])
// Its queue for answers, which this needs not, takes no acknowledgements.
const client = new ClientRMQ(nestOptions(input, true).options)
await client.connect()

await callers(inFlight, 0, warm, publish)
const { perSecond, cpuUs } = await timed(count, () => callers(inFlight, warm, warm + count, publish))
report({ publishedPerSecond: perSecond, publishCpuUs: cpuUs })
await client.close()

function publish(n: number): Promise<unknown> {
  return lastValueFrom(client.emit(orderPlaced.topic, payload(n)), { defaultValue: undefined })
}
