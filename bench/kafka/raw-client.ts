/** The client alone, with the settings of ours. */
import { Admin, Consumer, type MessageToProduce, Producer } from '@platformatic/kafka'
import type { Outgoing } from '@vestnik/bus/transport'
import { toRecord } from '../../packages/transport-kafka/message.ts'
import { partitionOf } from '../../packages/transport-kafka/partition.ts'
import { brokersOf, type KafkaPlace } from '../peers/kafka.ts'

export type RawMessage = MessageToProduce<Buffer, Buffer, Buffer, Buffer>

export function openProducer(place: KafkaPlace): Producer {
  return new Producer({ clientId: 'raw', bootstrapBrokers: brokersOf(place), idempotent: true, metadataMaxAge: 60_000 })
}

/** The same bounds for what waits in memory as ours. */
export function openConsumer(place: KafkaPlace): Consumer {
  const fetching = { autocommit: false, maxWaitTime: 300, maxBytes: 1_048_576 } as const
  return new Consumer({
    clientId: 'raw',
    bootstrapBrokers: brokersOf(place),
    groupId: `${place.name}-raw`,
    ...fetching,
  })
}

export async function makeTopic(place: KafkaPlace, partitions: number): Promise<void> {
  const admin = new Admin({ clientId: 'raw', bootstrapBrokers: brokersOf(place) })
  await admin.createTopics({ topics: [place.name], partitions, replicas: -1 })
  await admin.close()
}

/** As it is sent by ours. */
export function rawMessage({ name }: KafkaPlace, message: Outgoing, partitions: number): RawMessage {
  const { key = Buffer.alloc(0), value, headers } = toRecord(message)
  return { topic: name, partition: partitionOf(key, partitions), key, value, headers }
}
