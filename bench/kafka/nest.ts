/** What NestJS is told of the topic: the same durability as the others. */
import { type KafkaOptions, Transport } from '@nestjs/microservices'
import { logLevel } from 'kafkajs'
import { brokersOf, type KafkaPlace } from '../peers/kafka.ts'

/** Its names have no suffix, and its group begins where the topic begins. */
export function nestOptions(place: KafkaPlace): KafkaOptions & Required<Pick<KafkaOptions, 'options'>> {
  return {
    transport: Transport.KAFKA,
    options: {
      postfixId: '',
      client: { clientId: 'nest', brokers: [...brokersOf(place)], logLevel: logLevel.NOTHING },
      consumer: { groupId: `${place.name}-nest` },
      subscribe: { fromBeginning: true },
      send: { acks: -1 },
      producerOnlyMode: false,
    },
  }
}
