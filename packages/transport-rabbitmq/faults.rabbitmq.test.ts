/** What may happen to a broker and to the way to it, under load: nothing is lost, nothing doubled, and each key keeps its order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@vestnik/bus/errors'
import { lackOfCluster, privateRabbit, rabbitCluster } from '../../tools/brokers/rabbitmq.ts'
import { openTcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { type Load, startLoad } from './faults.fixture.ts'
import { openMember, rejection, until } from './member.fixture.ts'

/** How soon messages must flow when the broker is back. */
const backMs = 5000

async function onNode(work: (load: Load, node: Awaited<ReturnType<typeof privateRabbit>>) => Promise<void>) {
  await using node = await privateRabbit()
  await using load = await startLoad({ writer: node.url, reader: node.url })
  // What is declared is on the disk a little later.
  await sleep(4000)
  await work(load, node)
  await load.settle()
}

async function behindProxy(work: (load: Load, proxy: Awaited<ReturnType<typeof openTcpProxy>>) => Promise<void>) {
  await using node = await privateRabbit()
  await using proxy = await openTcpProxy(node.port)
  const url = `amqp://guest:guest@127.0.0.1:${proxy.port}`
  await using load = await startLoad({ writer: url, reader: url })
  await work(load, proxy)
  await load.settle()
}

const isPublished = (publishing: Promise<void>): Promise<boolean> =>
  publishing.then(
    () => true,
    () => false,
  )

const assertSoon = (ms: number) => assert.ok(ms < backMs, `messages flowed again after ${Math.round(ms)} ms`)

/** Four queues, each with at most so many messages in hand: with each loss these come again, and no others. */
function assertNoHotLoop(load: Load, losses: number): void {
  const most = losses * 4 * 128
  assert.ok(load.redelivered() <= most, `${load.redelivered()} messages came again after ${losses} losses`)
}

test('a broker that is killed and starts again', { timeout: 200_000 }, async () => {
  await onNode(async (load, node) => {
    for (let death = 1; death <= 3; death += 1) {
      await load.untilFlowing()
      await node.kill()
      await node.start()
      assertSoon(await load.untilFlowing())
    }
    assertNoHotLoop(load, 3)
  })
})

test('a broker that stands still for 15 seconds', { timeout: 120_000 }, async () => {
  await onNode(async (load, node) => {
    node.freeze()
    await sleep(15_000)
    node.thaw()
    assertSoon(await load.untilFlowing())
    // It is given up, and asked again, while it stands still; what comes of that is seen when it goes on.
    await load.untilCaughtUp()
    assertNoHotLoop(load, 6)
  })
})

test('a link that is cut a hundred times in a row', { timeout: 200_000 }, async () => {
  await behindProxy(async (load, proxy) => {
    for (let cut = 1; cut <= 100; cut += 1) {
      await sleep(Math.random() * 100)
      proxy.cut()
    }
    assertSoon(await load.untilFlowing())
    assertNoHotLoop(load, 101)
    assert.ok(proxy.links() <= 4, `${proxy.links()} links for two members`)
  })
})

test('a link that breaks in the middle of what it carries', { timeout: 200_000 }, async () => {
  await behindProxy(async (load, proxy) => {
    for (let cut = 1; cut <= 30; cut += 1) {
      proxy.cutAfter(5_000 + Math.floor(Math.random() * 50_000))
      proxy.cut()
      await sleep(200)
    }
    proxy.cutAfter(undefined)
    proxy.cut()
    assertSoon(await load.untilFlowing())
  })
})

test('a link that is half open: nothing comes, and nobody says so', { timeout: 120_000 }, async () => {
  await behindProxy(async (load, proxy) => {
    proxy.silence()
    await sleep(500)
    // A side that is silent for three heartbeats is given up.
    await load.untilCaughtUp(3 * 3000 + backMs + 15_000)
  })
})

test('channels that are closed while their connections live', { timeout: 120_000 }, async () => {
  await onNode(async (load, node) => {
    for (let time = 1; time <= 3; time += 1) {
      await node.control('eval', '[exit(Channel, kill) || Channel <- rabbit_channel:list()].')
      assertSoon(await load.untilFlowing())
    }
  })
})

test('a queue that is deleted is made again, and loses what it held and no more', { timeout: 90_000 }, async () => {
  await using node = await privateRabbit()
  await using rabbit = await openMember(node.url)
  const group = await rabbit.group()
  const handled = await rabbit.read(group)
  await rabbit.publish(group, 'before', 8)
  await until(() => handled.size === 8)
  await node.control('delete_queue', `${group.topic}/readers/0`)
  await node.control('delete_queue', `${group.topic}/readers/1`)
  await until(() => isPublished(rabbit.publish(group, 'after', 8)))
  await until(() => handled.size === 16)
  await until(() => rabbit.transport.health().ready)
})

test('a message that is held longer than the broker allows comes again, and its signal says so', {
  timeout: 90_000,
}, async () => {
  await using node = await privateRabbit({ config: ['consumer_timeout = 2000'] })
  // Else it looks every minute.
  await node.control('eval', 'application:set_env(rabbit, channel_tick_interval, 1000).')
  await using rabbit = await openMember(node.url)
  const group = await rabbit.group()
  const aborted: string[] = []
  const ended: boolean[] = []
  await rabbit.transport.subscribe(group, async ({ id, redelivered }, signal) => {
    if (!redelivered) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    if (signal.aborted) aborted.push(id)
    else ended.push(redelivered)
  })
  await rabbit.publish(group, 'slow', 1)
  await until(() => ended.length === 1)
  assert.deepEqual([aborted, ended], [['slow-0'], [true]])
  await rabbit.publish(group, 'slow', 1)
  await until(() => ended.length === 2)
})

test('a message that no queue takes is refused, whatever the broker confirms', { timeout: 60_000 }, async () => {
  await using node = await privateRabbit()
  await using rabbit = await openMember(node.url)
  const group = await rabbit.group()
  await rabbit.publish(group, 'before', 8)
  await rabbit.atBroker(async (channel) => {
    for (let i = 0; i < 4; i += 1) await channel.unbindQueue(`${group.topic}/readers/${i}`, group.topic, String(i))
  })
  const error = await rejection(rabbit.publish(group, 'lost', 8))
  assert.equal(error.refused.length, 8)
  assert.deepEqual(new Set(error.refused.map(({ code }) => code)), new Set(['UNKNOWN_TOPIC']))
  await rabbit.transport.ensure(rabbit.topologyOf(group))
  await rabbit.publish(group, 'after', 8)
})

test('a full queue takes nothing, and what it does not take is doubtful', { timeout: 60_000 }, async () => {
  await using node = await privateRabbit()
  await using rabbit = await openMember(node.url)
  const group = await rabbit.group()
  await node.control('set_policy', 'full', '.', '{"max-length":2}', '--apply-to', 'queues')
  // The limit is soft: some more are taken before the queue says so.
  let taken = 0
  await until(() => isPublished(rabbit.publish(group, `m${taken++}`, 20)).then((was) => !was))
  const error = await rejection(rabbit.publish(group, 'late', 20))
  assert.deepEqual([error.refused.length, error.doubtful.length], [0, 20])
  assert.ok(taken < 20, `${taken} batches were taken`)
  const handled = await rabbit.read(group)
  await until(() => handled.size >= 20 * (taken - 1))
  assert.deepEqual(
    [...handled].filter((id) => id.startsWith('late')),
    [],
  )
})

const alarms = [
  { of: 'memory', raise: ['set_vm_memory_high_watermark', '0.000001'], end: ['set_vm_memory_high_watermark', '0.4'] },
  { of: 'disk', raise: ['set_disk_free_limit', '1000000GB'], end: ['set_disk_free_limit', '1MB'] },
] as const

for (const alarm of alarms) {
  test(
    `under an alarm of ${alarm.of} publishing has an end, reading goes on, and our memory stays flat`,
    {
      timeout: 120_000,
    },
    () => endure(alarm),
  )
}

async function endure({ raise, end }: (typeof alarms)[number]): Promise<void> {
  await using node = await privateRabbit()
  await using rabbit = await openMember(node.url, { publishMs: 1500 })
  const group = await rabbit.group()
  await rabbit.publish(group, 'before', 2000)
  await node.control(...raise)
  const before = process.memoryUsage.rss()
  const started = performance.now()
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const { doubtful } = await rejection(rabbit.publish(group, `alarm${attempt}`, 5000, 1000))
    assert.equal(doubtful.length, 5000)
  }
  assert.ok(performance.now() - started < 4 * 5000, 'each publish had an end')
  assert.match(rabbit.transport.health().reason ?? '', /takes no messages|lost|not answered/)
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20
  assert.ok(grown < 150, `memory grew by ${Math.round(grown)} MiB`)
  const handled = await rabbit.read(group)
  await until(() => [...handled].filter((id) => id.startsWith('before')).length === 2000)
  await node.control(...end)
  await until(() => isPublished(rabbit.publish(group, 'after', 8)))
  await until(() => [...handled].filter((id) => id.startsWith('after')).length === 8)
}

test('what does not fit on a declare is told, and publishing goes on beside it', { timeout: 60_000 }, async () => {
  await using node = await privateRabbit()
  await using rabbit = await openMember(node.url)
  const group = await rabbit.group()
  const publishing = Array.from({ length: 50 }, (_, i) => rabbit.publish(group, `p${i}`, 20))
  const [topic] = rabbit.topologyOf(group).topics
  assert.ok(topic)
  const other = { ...rabbit.topologyOf(group), topics: [{ ...topic, partitions: 7 }] }
  await assert.rejects(rabbit.transport.ensure(other), /inequivalent arg/)
  const unordered = { topics: [topic], groups: [{ ...group, order: 'none' as const }] }
  await assert.rejects(rabbit.transport.ensure(unordered), (error) => hasCode(error, 'TOPOLOGY_CONFLICT'))
  await Promise.all(publishing)
})

test('what was published right after its places were made survives a kill', { timeout: 90_000 }, async () => {
  await using node = await privateRabbit()
  await using rabbit = await openMember(node.url, { settleMs: 4000 })
  const group = await rabbit.group()
  await rabbit.publish(group, 'm', 400)
  await node.kill()
  await node.start()
  const handled = await rabbit.read(group)
  await until(() => handled.size === 400)
})

test('the leader of the queues is killed in a cluster of three', {
  timeout: 200_000,
  skip: lackOfCluster() ?? false,
}, async () => {
  await using nodes = new AsyncDisposableStack()
  const [first, second] = (await rabbitCluster(3)).map((node) => nodes.use(node))
  assert.ok(first && second)
  // A queue is led where it was declared, and its members are on all three: the load's connections survive.
  await using makers = await openMember(first.url)
  await using load = await startLoad({ writer: second.url, reader: second.url }, { settleMs: 4000 }, makers.transport)
  await load.untilCaughtUp()
  await first.kill()
  assertSoon(await load.untilFlowing())
  await load.settle()
})
