/** Queues that are deleted: made again where somebody knows of them, told, and nothing is led into one too early. */
import { after, before, test } from 'node:test'
import type { Group, Topology } from '@vestnik/bus/transport'
import { privateRabbit, type RabbitNode } from '../../tools/brokers/rabbitmq.ts'
import { openTcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { asPeer, openMember, type TestMember, until } from './member.fixture.ts'

const never = 3_600_000
let node: RabbitNode

before(async () => {
  node = await privateRabbit()
})
after(() => node[Symbol.asyncDispose]())

test('what is published into a queue that was made again survives a kill, whoever makes it', {
  timeout: 120_000,
}, async () => {
  const options = { settleMs: 4000 }
  await using reader = await openMember(node.url, options)
  await using other = await openMember(node.url, options)
  const group = await reader.group()
  const handled = new Set<string>()
  let isBack = false
  await reader.transport.subscribe(group, async ({ id }) => {
    if (!isBack) throw new Error('not yet')
    handled.add(id)
  })
  await remove(`${group.topic}/readers/0`)
  await until(() => exists(`${group.topic}/readers/0`))
  // It finds the queue, and must not think that all is well.
  const ensuring = other.transport.ensure(other.topologyOf(group)).catch(() => {})
  await until(() => isPublished(reader.publish(group, 'after', 8)))
  await node.kill()
  await node.start()
  isBack = true
  await until(() => handled.size === 8)
  await ensuring
})

test('a queue that its reader loses is made again at once, and told, also where the topic has another group', {
  timeout: 180_000,
}, async () => {
  const told: string[] = []
  await using member = await openMember(node.url, { lookMs: never, log: (text) => told.push(text) })
  const [films, mails] = await twoGroups(member, 'read-by-both')
  const [handled, others] = [await member.read(films), await member.read(mails)]
  await remove('read-by-both/films/0')
  await until(() => told.some((text) => /read-by-both\/films\/0 was gone.* other groups only$/.test(text)))
  await member.publish(films, 'after', 8)
  await until(() => handled.size === 8 && others.size === 8)
})

test('a queue that nobody reads is made again by who publishes: now and then, and before it goes on after a loss', {
  timeout: 180_000,
}, async () => {
  await using often = await openMember(node.url, { lookMs: 100 })
  await using proxy = await openTcpProxy(node.port)
  await using seldom = await openMember(`amqp://guest:guest@127.0.0.1:${proxy.port}`, { lookMs: never })
  const [looked] = await twoGroups(often, 'looked-at')
  const [lost] = await twoGroups(seldom, 'lost')
  await seldom.publish(lost, 'before', 8)
  await remove('looked-at/films/0')
  await until(() => exists('looked-at/films/0'))
  await remove('lost/films/0')
  proxy.cut()
  await until(() => isPublished(seldom.publish(lost, 'after', 8)))
  await often.publish(looked, 'after', 8)
  const [first, second] = [await often.read(looked), await seldom.read(lost)]
  await until(() => afterIn(first) === 8 && afterIn(second) === 8)
})

test('a queue that was made again has one reader, who leaves it at the end', { timeout: 180_000 }, async () => {
  await using member = await openMember(node.url)
  const group = await member.group()
  const handled = new Set<string>()
  const subscription = await member.transport.subscribe(group, async ({ id }) => void handled.add(id))
  const places = ['0', '1', '2', '3', 'members'].map((place) => `${group.topic}/readers/${place}`)
  // The last one counts the members.
  for (const place of places) {
    await remove(place)
    await until(async () => (await readersOf(place)) === 1)
  }
  await until(() => isPublished(member.publish(group, 'after', 8)))
  await until(() => handled.size === 8)
  await until(async () => (await consumersOf(places)) === 5)
  await subscription.drain()
  await until(async () => (await consumersOf(places)) === 0)
})

test('a reader that its queue has forgotten, without a word to it, reads on', { timeout: 180_000 }, async () => {
  await using member = await openMember(node.url, { lookMs: 100 })
  const group = await member.group()
  const handled = await member.read(group)
  for (let time = 1; time <= 2; time += 1) {
    await forgetReaders(`${group.topic}/readers/0`)
    await member.publish(group, `time${time}`, 8)
    await until(() => handled.size === 8 * time)
  }
  await until(async () => (await readersOf(`${group.topic}/readers/0`)) === 1)
})

test('a binding that is removed is made again, where the topic has another group', { timeout: 180_000 }, async () => {
  await using member = await openMember(node.url, { lookMs: 100 })
  const [films] = await twoGroups(member, 'unbound')
  const handled = await member.read(films)
  // The way to a topic is looked at when it is new.
  await member.publish(films, 'before', 8)
  await asPeer(node.url, async (channel) => {
    for (const n of [0, 1, 2, 3]) await channel.unbindQueue(`unbound/films/${n}`, 'unbound', String(n))
  })
  // Until then they go to the other group only, and nobody is told.
  const batches: string[] = []
  await until(async () => {
    batches.push(`batch${batches.length}`)
    await member.publish(films, batches.at(-1) ?? '', 8)
    return batches.some((batch) => [...handled].filter((id) => id.startsWith(`${batch}-`)).length === 8)
  })
})

/** What a deletion at the wrong moment leaves: a queue without readers, and readers that hear nothing of it. */
async function forgetReaders(queue: string): Promise<void> {
  await node.control(
    'eval',
    `{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"${queue}">>)),
     Server = amqqueue:get_pid(Queue),
     {ok, {_, Readers}, _} = ra:leader_query(Server, fun rabbit_fifo:query_consumers/1),
     [ra:process_command(Server, rabbit_fifo:make_checkout(Id, cancel, #{})) || Id <- maps:keys(Readers)].`,
  )
}

const isPublished = (publishing: Promise<void>): Promise<boolean> =>
  publishing.then(
    () => true,
    () => false,
  )

const afterIn = (handled: ReadonlySet<string>) => [...handled].filter((id) => id.startsWith('after')).length

async function twoGroups(member: TestMember, topic: string): Promise<readonly [Group, Group]> {
  const films: Group = { topic, name: 'films', order: 'key', concurrency: 4 }
  const mails: Group = { topic, name: 'mails', order: 'none', concurrency: 4 }
  const topology: Topology = { topics: [{ name: topic, partitions: 4 }], groups: [films, mails] }
  await member.transport.ensure(topology)
  return [films, mails]
}

const remove = (queue: string) => asPeer(node.url, (channel) => channel.deleteQueue(queue))

/** How many read it; undefined where there is no such queue. */
function readersOf(queue: string): Promise<number | undefined> {
  return asPeer(node.url, async (channel) => {
    channel.on('error', () => {})
    return (await channel.checkQueue(queue)).consumerCount
  }).catch(() => undefined)
}

const exists = async (queue: string) => (await readersOf(queue)) !== undefined

async function consumersOf(queues: readonly string[]): Promise<number> {
  const counts = await Promise.all(queues.map(readersOf))
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
}
