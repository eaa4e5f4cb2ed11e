/** Reads with NestJS, and acknowledges each message by hand. */
import type { RmqContext } from '@nestjs/microservices'
import { counter } from '../harness/counter.ts'
import { orderPlaced } from '../harness/orders.ts'
import { readInput } from '../harness/program.ts'
import { readWithNest } from '../peers/nest-reader.ts'
import { nestOptions } from './nest.ts'
import type { PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
const count = counter(input)
await readWithNest<RmqContext>(nestOptions(input, false), orderPlaced.topic, (placed, context) => {
  count(placed)
  context.getChannelRef().ack(context.getMessage())
})
