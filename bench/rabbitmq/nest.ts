/** What NestJS is told of the queue: the same durability as the others. */
import { type RmqOptions, Transport } from '@nestjs/microservices'
import { inFlight } from '../harness/publishing.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

/** Quorum queue, persistent messages, and acknowledgements by the handler; its client waits for confirms by itself. */
export function nestOptions(
  { url, name }: RabbitPlace,
  noAck: boolean,
): RmqOptions & Required<Pick<RmqOptions, 'options'>> {
  return {
    transport: Transport.RMQ,
    options: {
      urls: [url],
      queue: name,
      queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } },
      persistent: true,
      prefetchCount: inFlight,
      noAck,
    },
  }
}
