/** Publishes with NestJS' client: 1,000 callers at once, each awaiting its own message. */
import 'reflect-metadata'
import { Logger } from '@nestjs/common'
import { ClientKafka } from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'
import { keyOf, payload } from '../harness/messages.ts'
import { readInput } from '../harness/program.ts'
import { reportPublishing } from '../harness/publishing.ts'
import { nestOptions } from './nest.ts'
import type { PlaceInput } from './place.ts'
import { makeTopic } from './raw-client.ts'

const input = readInput<PlaceInput>()
await makeTopic(input, input.partitions)
Logger.overrideLogger(['error'])
const client = new ClientKafka({ ...nestOptions(input).options, producerOnlyMode: true })
await client.connect()

await reportPublishing(input, publish)
await client.close()

function publish(n: number): Promise<unknown> {
  const message = { key: keyOf(n), value: payload(n) }
  return lastValueFrom(client.emit(input.name, message), { defaultValue: undefined })
}
