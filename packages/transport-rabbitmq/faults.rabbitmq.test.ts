/** What may happen to a broker and to the way to it, under load: nothing is lost, nothing doubled, and each key keeps its order. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode, PublishError } from '@vestnik/bus/errors'
import { lackOfCluster, privateRabbit, type RabbitNode, rabbitCluster } from '../../tools/brokers/rabbitmq.ts'
import { openTcpProxy, type TcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { type RabbitLoad, startLoad } from './faults.fixture.ts'
import type { RabbitTransportOptions } from './index.ts'
import { openMember, rejection, until } from './member.fixture.ts'

/** How soon messages must flow when the broker is back. */
const backMs = 5000
/** What was made is on the disk after that, and a broker that is killed forgets nothing of it. */
const onDisk = { settleMs: 4000 }

const patient = { timeout: 240_000 }
/** Each test leaves it as it was, but for places with names of their own. */
let node: RabbitNode

before(async () => {
  node = await privateRabbit()
})
after(() => node[Symbol.asyncDispose]())

async function onNode(options: RabbitTransportOptions, work: (load: RabbitLoad) => Promise<void>) {
  await using load = await startLoad({ writer: node.url, reader: node.url }, options)
  await work(load)
  await load.settle()
}

async function behindProxy(work: (load: RabbitLoad, proxy: TcpProxy) => Promise<void>) {
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

/** Of several times the best is judged: the machine may stand still itself. */
function assertSoon(times: readonly number[]): void {
  const all = times.map((ms) => Math.round(ms)).join(', ')
  assert.ok(Math.min(...times) < backMs, `messages flowed again after ${all} ms`)
}

test('a broker that is killed and starts again', patient, async () => {
  await onNode(onDisk, async (load) => {
    const times: number[] = []
    for (let death = 1; death <= 3; death += 1) {
      await load.untilFlowing()
      await node.kill()
      await node.start()
      times.push(await load.untilFlowing())
    }
    assertSoon(times)
    load.assertNoHotLoop()
  })
})

test('a broker that stands still for 15 seconds', patient, async () => {
  await onNode({}, async (load) => {
    node.freeze()
    await sleep(15_000).finally(() => node.thaw())
    // It is given up, and asked again, while it stands still; what comes of that is seen when it goes on.
    await load.untilCaughtUp()
    load.assertNoHotLoop()
  })
})

/** Each has a link, or a broker, of its own. */
describe('side by side', { concurrency: 4 }, () => {
  test('a link that is cut a hundred times in a row', patient, async () => {
    await behindProxy(async (load, proxy) => {
      for (let cut = 1; cut <= 100; cut += 1) {
        await sleep(Math.random() * 100)
        proxy.cut()
      }
      await load.untilCaughtUp()
      load.assertNoHotLoop()
      // Each of the two members has two.
      await until(() => proxy.links() === 4)
    })
  })

  test('a link that breaks in the middle of what it carries', patient, async () => {
    await behindProxy(async (load, proxy) => {
      for (let cut = 1; cut <= 30; cut += 1) {
        proxy.cutAfter(5_000 + Math.floor(Math.random() * 50_000))
        proxy.cut()
        await sleep(200)
      }
      proxy.cutAfter(undefined)
      proxy.cut()
      await load.untilCaughtUp()
      load.assertNoHotLoop()
    })
  })

  test('a link that is half open: nothing comes, and nobody says so', patient, async () => {
    await behindProxy(async (load, proxy) => {
      proxy.silence()
      await sleep(500)
      // A side of which nothing came for two to three heartbeats is given up.
      await load.untilCaughtUp()
      load.assertNoHotLoop()
    })
  })

  test(
    'a message that is held longer than the broker allows comes again, and its signal says so',
    patient,
    async () => {
      await using impatient = await privateRabbit({ config: ['consumer_timeout = 2000'] })
      // Else it looks every minute.
      await impatient.control('eval', 'application:set_env(rabbit, channel_tick_interval, 1000).')
      await using rabbit = await openMember(impatient.url)
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
    },
  )
})

test('channels that are closed while their connections live', patient, async () => {
  await onNode({}, async (load) => {
    const times: number[] = []
    for (let time = 1; time <= 3; time += 1) {
      await node.control('eval', '[exit(Channel, kill) || Channel <- rabbit_channel:list()].')
      times.push(await load.untilFlowing())
    }
    assertSoon(times)
    load.assertNoHotLoop(3)
  })
})

test('a queue that is deleted is made again, and loses what it held and no more', patient, async () => {
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

test('a message that no queue takes is refused, whatever the broker confirms', patient, async () => {
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

test('a full queue takes nothing, and what it does not take is doubtful', patient, async () => {
  await using rabbit = await openMember(node.url)
  const group = await rabbit.group()
  await node.control('set_policy', 'full', `^${group.topic}/`, '{"max-length":2}', '--apply-to', 'queues')
  // The limit is soft, and each queue has its own: some more are taken before all say so.
  const taken = new Set<string>()
  let isFull = false
  for (let i = 0; !isFull; i += 1) {
    const doubtful = await doubtfulOf(rabbit.publish(group, `m${i}`, 20))
    isFull = doubtful.length === 20
    for (let n = 0; n < 20; n += 1) if (!doubtful.includes(`m${i}-${n}`)) taken.add(`m${i}-${n}`)
  }
  const error = await rejection(rabbit.publish(group, 'late', 20))
  assert.deepEqual([error.refused.length, error.doubtful.length], [0, 20])
  const handled = await rabbit.read(group)
  await until(() => taken.isSubsetOf(handled))
  assert.deepEqual(
    [...handled].filter((id) => id.startsWith('late')),
    [],
  )
})

const doubtfulOf = (publishing: Promise<void>): Promise<readonly string[]> =>
  publishing.then(
    () => [],
    (error: unknown) => (error instanceof PublishError ? error.doubtful : assert.fail(String(error))),
  )

const alarms = [
  { of: 'memory', raise: ['set_vm_memory_high_watermark', '0.000001'], end: ['set_vm_memory_high_watermark', '0.4'] },
  { of: 'disk', raise: ['set_disk_free_limit', '1000000GB'], end: ['set_disk_free_limit', '1MB'] },
] as const

for (const alarm of alarms) {
  test(`under an alarm of ${alarm.of} publishing has an end, reading goes on, and our memory stays flat`, patient, () =>
    endure(alarm),
  )
}

async function endure({ raise, end }: (typeof alarms)[number]): Promise<void> {
  await using rabbit = await openMember(node.url, { publishMs: 1500 })
  const group = await rabbit.group()
  await rabbit.publish(group, 'before', 2000)
  await node.control(...raise)
  // The broker says so a little later.
  await until(async () => !(await isPublished(rabbit.publish(group, 'probe', 1))))
  const before = process.memoryUsage.rss()
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const { doubtful } = await rejection(rabbit.publish(group, `alarm${attempt}`, 5000, 1000))
    assert.equal(doubtful.length, 5000)
  }
  let isTold = false
  const publishing = (async () => {
    while (!isTold) assert.equal(await isPublished(rabbit.publish(group, 'waiting', 8)), false)
  })()
  await until(() => /takes no messages/.test(rabbit.transport.health().reason ?? ''))
  isTold = true
  await publishing
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20
  assert.ok(grown < 150, `memory grew by ${Math.round(grown)} MiB`)
  const handled = await rabbit.read(group)
  await until(() => [...handled].filter((id) => id.startsWith('before')).length === 2000)
  await node.control(...end)
  await until(() => isPublished(rabbit.publish(group, 'after', 8)))
  await until(() => [...handled].filter((id) => id.startsWith('after')).length === 8)
}

test('what does not fit on a declare is told, and publishing goes on beside it', patient, async () => {
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

test('what was published right after its places were made survives a kill', patient, async () => {
  await using rabbit = await openMember(node.url, { settleMs: 4000 })
  const group = await rabbit.group()
  await rabbit.publish(group, 'm', 400)
  await node.kill()
  await node.start()
  const handled = await rabbit.read(group)
  await until(() => handled.size === 400)
})

test('the leader of the queues is killed in a cluster of three', {
  ...patient,
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
  await load.untilFlowing()
  await load.settle()
})
