/** Each service's user can do its work at a real RabbitMQ, and everything else is refused. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contract } from '@vestnik/bus'
import type { Transport } from '@vestnik/bus/transport'
import { allContracts } from '@vestnik/contracts'
import { openRabbitTransport } from '@vestnik/transport-rabbitmq'
import { type Channel, type ChannelModel, connect } from 'amqplib'
import { until } from '../../e2e/until.ts'
import { partitionsQueue } from '../../packages/transport-rabbitmq/declared.ts'
import { namesFor } from '../../packages/transport-rabbitmq/names.ts'
import { privateRabbit, type RabbitNode } from '../../tools/brokers/rabbitmq.ts'
import { definitions } from './definitions.ts'
import { type ServiceUser, topicsOf } from './permissions.ts'

const users = Object.keys(topicsOf) as ServiceUser[]
const passwords = { gateway: 'of-the-gateway', users: 'of-the-users', films: 'of-the-films', mailer: 'of-the-mailer' }
let node: RabbitNode
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestnik-definitions-'))
  const file = join(folder, 'definitions.json')
  await writeFile(file, JSON.stringify(definitions(passwords)))
  node = await privateRabbit()
  await node.control('import_definitions', file)
})

after(async () => {
  await node[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('what each publishes reaches who reads it, and no right is missing', { timeout: 90_000 }, async () => {
  await using all = new AsyncDisposableStack()
  const transports = new Map<ServiceUser, Transport>()
  for (const user of users)
    transports.set(
      user,
      all.adopt(await openAs(user), (transport) => transport.close()),
    )
  const arrived = new Set<string>()
  for (const [user, transport] of transports) {
    await transport.ensure(topologyOf(user))
    for (const contract of contractsOf(topicsOf[user].reads)) {
      for (const group of groupsOf(contract)) await transport.subscribe(group, async ({ id }) => void arrived.add(id))
    }
  }
  for (const [user, transport] of transports) {
    const messages = topicsOf[user].publishes.map((topic) => {
      return { id: `${user} ${topic}`, topic, key: 'k', headers: {}, body: Buffer.from('{}') }
    })
    await transport.publish(messages)
  }
  const expected = users.flatMap((user) =>
    topicsOf[user].publishes.filter(hasGroups).map((topic) => `${user} ${topic}`),
  )
  await until(
    'all have arrived',
    () => arrived.size === expected.length,
    30_000,
    () => [...arrived],
  )
  assert.deepEqual([...arrived].sort(), expected.sort())
})

for (const user of users) {
  test(`${user} may make, write and read its own topics, and no other`, { timeout: 60_000 }, async () => {
    await using connection = await connectAs(user)
    const { publishes, reads } = topicsOf[user]
    for (const { topic, partitions } of allContracts) {
      const places = partitionsQueue(namesFor({}), { name: topic, partitions })
      const may = {
        configure: await isAllowed(connection, (channel) => channel.assertQueue(places.name, places.options)),
        write: await isAllowed(connection, (channel) => publish(channel, topic, '0')),
        read: await isAllowed(connection, (channel) => channel.get(places.name)),
      }
      const [writes, gets] = [publishes.includes(topic), reads.includes(topic)]
      assert.deepEqual(may, { configure: writes || gets, write: writes, read: gets }, topic)
    }
  })

  test(`${user} may do nothing else`, { timeout: 60_000 }, async () => {
    await using connection = await connectAs(user)
    const [own = ''] = [...topicsOf[user].publishes, ...topicsOf[user].reads]
    const refused: Readonly<Record<string, (channel: Channel) => Promise<unknown>>> = {
      'publish to a queue': (channel) => publish(channel, '', `${own}/partitions`),
      'publish to an exchange of the broker': (channel) => publish(channel, 'amq.topic', own),
      'make a queue': (channel) => channel.assertQueue('mine'),
      'make a queue without a name': (channel) => channel.assertQueue('', { exclusive: true }),
      'make a queue that is like its own': (channel) => channel.assertQueue(`${own}s`),
      'make an exchange': (channel) => channel.assertExchange('mine', 'fanout'),
      'listen to all that happens': (channel) => channel.bindQueue(`${own}/partitions`, 'amq.rabbitmq.log', '#'),
      'lead messages of its own elsewhere': (channel) => channel.bindExchange('amq.fanout', own, '0'),
      'delete what is of others': (channel) => channel.deleteQueue(foreignQueue(user)),
      'empty what is of others': (channel) => channel.purgeQueue(foreignQueue(user)),
    }
    for (const [what, attempt] of Object.entries(refused)) {
      assert.equal(await isAllowed(connection, attempt), false, what)
    }
  })
}

test('each user has its own password, and no other virtual host', { timeout: 60_000 }, async () => {
  await node.control('add_vhost', 'other')
  for (const user of users) {
    await assert.rejects(connect(urlOf(user, passwords[user === 'users' ? 'films' : 'users'])))
    await assert.rejects(connect(`${urlOf(user)}/other`))
  }
})

const urlOf = (user: ServiceUser, password = passwords[user]) => `amqp://${user}:${password}@127.0.0.1:${node.port}`
const openAs = (user: ServiceUser) => openRabbitTransport(urlOf(user), { settleMs: 0 })
const contractsOf = (topics: readonly string[]) => allContracts.filter(({ topic }) => topics.includes(topic))
const groupsOf = ({ topic, groups }: Contract) => groups.map((group) => ({ topic, ...group }))
const hasGroups = (topic: string) => contractsOf([topic]).some(({ groups }) => groups.length > 0)

function topologyOf(user: ServiceUser) {
  const own = contractsOf([...topicsOf[user].publishes, ...topicsOf[user].reads])
  return { topics: own.map(({ topic, partitions }) => ({ name: topic, partitions })), groups: own.flatMap(groupsOf) }
}

/** A queue of a topic that is none of the user's. */
function foreignQueue(user: ServiceUser): string {
  const { publishes, reads } = topicsOf[user]
  const foreign = allContracts.find(({ topic }) => ![...publishes, ...reads].includes(topic))
  return `${foreign?.topic}/partitions`
}

async function connectAs(user: ServiceUser): Promise<ChannelModel & AsyncDisposable> {
  const connection = await connect(urlOf(user))
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() })
}

/** Each on a channel of its own, as a refusal ends it. Any other failure is the test's. */
async function isAllowed(connection: ChannelModel, attempt: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  const channel = await connection.createConfirmChannel()
  const ended = Promise.withResolvers<Error>()
  channel.on('error', ended.resolve)
  channel.on('close', () => ended.resolve(new Error('it was closed without a word')))
  try {
    await attempt(channel)
    await channel.waitForConfirms()
    await channel.close()
    return true
  } catch (error) {
    const late = new AbortController()
    const why = await Promise.race([ended.promise, sleep(10_000, error, { signal: late.signal })])
    late.abort()
    assert.match(why instanceof Error ? why.message : String(why), /ACCESS_REFUSED/)
    return false
  }
}

async function publish(channel: Channel, exchange: string, routingKey: string): Promise<void> {
  channel.publish(exchange, routingKey, Buffer.from('{}'))
}
