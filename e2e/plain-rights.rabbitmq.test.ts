/** What a service's user needs at RabbitMQ for a plain queue that is there: the guide says no more than that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PublishError } from '@vestnik/bus/errors'
import { openTransport } from '@vestnik/transport'
import { connect } from 'amqplib'
import { privateRabbit, type RabbitNode } from '../tools/brokers/rabbitmq.ts'
import { until } from './until.ts'

const queue = 'user.loggedIn'
const topology = {
  topics: [{ name: queue, partitions: 12 }],
  groups: [{ topic: queue, name: 'gateway', order: 'none', concurrency: 4 }],
} as const
const message = { id: '1', topic: queue, headers: {}, body: Buffer.from('{}') }

test('on a plain queue who publishes needs to write to amq.default, who reads to read the queue, and nothing else', {
  timeout: 90_000,
}, async () => {
  await using broker = await privateRabbit()
  const connection = await connect(broker.url)
  await (await connection.createChannel()).assertQueue(queue, { durable: true })
  await connection.close()
  await using users = await openAs(broker, 'users', '^$', String.raw`^amq\.default$`, '^$')
  await using gateway = await openAs(broker, 'gateway', '^$', '^$', String.raw`^user\.loggedIn$`)
  await using stranger = await openAs(broker, 'stranger', '^$', '^$', '^$')

  const bodies: string[] = []
  const keep = async ({ body }: { readonly body: Uint8Array }) => void bodies.push(Buffer.from(body).toString())
  for (const transport of [users, gateway]) await transport.ensure(topology)
  await gateway.subscribe(topology.groups[0], keep)
  await users.publish([message])
  await until('it is read', () => bodies.length === 1, 30_000)

  await assert.rejects(users.subscribe(topology.groups[0], keep), { code: 'BROKER_REFUSED' })
  await assert.rejects(stranger.subscribe(topology.groups[0], keep), { code: 'BROKER_REFUSED' })
  await assert.rejects(stranger.publish([message]), (error) => error instanceof PublishError)
  assert.deepEqual(bodies, ['{}'])
})

async function openAs(broker: RabbitNode, name: string, configure: string, write: string, read: string) {
  await broker.control('add_user', name, 'secret')
  await broker.control('set_permissions', name, configure, write, read)
  const url = new URL(broker.url)
  url.username = name
  url.password = 'secret'
  return openTransport(url.href, { plainQueues: [queue] })
}
