/** The client alone, with the settings of ours. */
import { Admin, Consumer, type MessageToProduce, Producer } from '@platformatic/kafka'
import type { Outgoing } from '@vestnik/bus/transport'
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
  const key = Buffer.from(message.key ?? '')
  return {
    topic: name,
    partition: partitionOf(key, partitions),
    key,
    value: Buffer.from(message.body),
    headers: headersOf(message),
  }
}

/** What they say is nearly always the same, and made once. */
const texts = new Map<string, Buffer>()

function headersOf({ id, headers }: Outgoing): Map<Buffer, Buffer> {
  const made = Object.entries(headers).map(
    ([name, text]) => [bytesOf(name.replace('ce-', 'ce_')), bytesOf(text)] as const,
  )
  return new Map([[bytesOf('ce_id'), Buffer.from(id)], ...made])
}

function bytesOf(text: string): Buffer {
  const known = texts.get(text) ?? Buffer.from(text)
  texts.set(text, known)
  return known
}
