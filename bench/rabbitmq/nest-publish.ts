/** Publishes with NestJS' client: 1,000 callers at once, each awaiting its own message. */
import 'reflect-metadata'
import { Logger } from '@nestjs/common'
import { ClientRMQ } from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'
import { payload } from '../harness/messages.ts'
import { orderPlaced } from '../harness/orders.ts'
import { readInput } from '../harness/program.ts'
import { reportPublishing } from '../harness/publishing.ts'
import { nestOptions } from './nest.ts'
import type { PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
Logger.overrideLogger(['error'])
// Its queue for answers, which this needs not, takes no acknowledgements.
const client = new ClientRMQ(nestOptions(input, true).options)
await client.connect()

await reportPublishing(input, publish)
await client.close()

function publish(n: number): Promise<unknown> {
  return lastValueFrom(client.emit(orderPlaced.topic, payload(n)), { defaultValue: undefined })
}
