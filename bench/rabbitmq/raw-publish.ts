/** Publishes with amqplib alone: 1,000 unconfirmed messages at a time, with the headers and properties of ours. */
import assert from 'node:assert/strict'
import type { Outgoing } from '@vestnik/bus/transport'
import { connect, type Options } from 'amqplib'
import { toAmqp } from '../../packages/transport-rabbitmq/message.ts'
import { callers } from '../harness/callers.ts'
import { message } from '../harness/messages.ts'
import { readInput, report } from '../harness/program.ts'
import { inFlight, type PlaceInput } from './place.ts'
import { openQueue } from './raw-queue.ts'
import { timed } from './timed.ts'

const { url, name, warm, count } = readInput<PlaceInput>()
const connection = await connect(url)
const channel = await openQueue(connection, name)

const messages = Array.from({ length: warm + count }, (_, n) => {
  const made = message(n)
  return { ...made, body: Buffer.from(made.body) }
})
assert.deepEqual(optionsOf(message(0)), toAmqp(message(0)))
await callers(inFlight, 0, warm, publish)
const { perSecond, cpuUs } = await timed(count, () => callers(inFlight, warm, warm + count, publish))
report({ publishedPerSecond: perSecond, publishCpuUs: cpuUs })
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
