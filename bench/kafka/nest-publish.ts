/** Publishes with NestJS' client: 1,000 callers at once, each awaiting its own message. */
import 'reflect-metadata'
import { Logger } from '@nestjs/common'
import { ClientKafka } from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'
import { callers } from '../harness/callers.ts'
import { keyOf, payload } from '../harness/messages.ts'
import { readInput, report } from '../harness/program.ts'
import { timed } from '../rabbitmq/timed.ts'
import { nestOptions } from './nest.ts'
import { inFlight, type PlaceInput } from './place.ts'
import { makeTopic } from './raw-client.ts'

const input = readInput<PlaceInput>()
const { warm, count, partitions } = input
await makeTopic(input, partitions)
Logger.overrideLogger(['error'])
const client = new ClientKafka({ ...nestOptions(input).options, producerOnlyMode: true })
await client.connect()

await callers(inFlight, 0, warm, publish)
const { perSecond, cpuUs } = await timed(count, () => callers(inFlight, warm, warm + count, publish))
report({ publishedPerSecond: perSecond, publishCpuUs: cpuUs })
await client.close()

function publish(n: number): Promise<unknown> {
  const message = { key: keyOf(n), value: payload(n) }
  return lastValueFrom(client.emit(input.name, message), { defaultValue: undefined })
}
