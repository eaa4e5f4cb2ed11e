/** Publishes with amqplib alone: 1,000 unconfirmed messages at a time, with the headers and properties of ours. */
import assert from 'node:assert/strict'
import type { Outgoing } from '@vestnik/bus/transport'
import { connect, type Options } from 'amqplib'
import { toAmqp } from '../../packages/transport-rabbitmq/message.ts'
import { message } from '../harness/messages.ts'
import { readInput } from '../harness/program.ts'
import { reportPublishing } from '../harness/publishing.ts'
import type { PlaceInput } from './place.ts'
import { openQueue } from './raw-queue.ts'

const { url, name, warm, count } = readInput<PlaceInput>()
const connection = await connect(url)
const channel = await openQueue(connection, name)

const messages = Array.from({ length: warm + count }, (_, n) => {
  const made = message(n)
  return { ...made, body: Buffer.from(made.body) }
})
assert.deepEqual(optionsOf(message(0)), toAmqp(message(0)))
await reportPublishing({ warm, count }, publish)
await connection.close()

function publish(n: number): Promise<void> {
  const one = messages[n] ?? message(n)
  return new Promise((resolve, reject) => {
    channel.sendToQueue(name, one.body as Buffer, optionsOf(one), (error) => (error ? reject(error) : resolve()))
  })
}

/** Exactly what the transport sends. */
function optionsOf({ id, key, headers }: Outgoing): Options.Publish {
  return {
    persistent: true,
    mandatory: true,
    messageId: id,
    contentType: headers['content-type'] ?? '',
    type: headers['ce-type'] ?? '',
    appId: headers['ce-source'] ?? '',
    timestamp: Math.floor(Date.parse(headers['ce-time'] ?? '') / 1000),
    headers: {
      'cloudEvents:specversion': headers['ce-specversion'],
      'cloudEvents:type': headers['ce-type'],
      'cloudEvents:source': headers['ce-source'],
      'cloudEvents:time': headers['ce-time'],
      traceparent: headers.traceparent,
      'cloudEvents:id': id,
      'cloudEvents:partitionkey': key,
    },
  }
}
