/** A bus on a broker that keeps what was handled: what it hands out again has no second effect, and what fails stays out of it. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type Contract, contract, on, openBus, type Ports, permanent, systemPorts, type Transport } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { z } from 'zod'
import { sharedKafka } from '../../tools/brokers/kafka.ts'
import { until } from './faults.fixture.ts'
import { openKafkaTransport } from './index.ts'
import { administer } from './log.fixture.ts'

const broker = await sharedKafka()
const folder = await mkdtemp(join(tmpdir(), 'vestnik-old-messages-'))
after(async () => {
  await rm(folder, { recursive: true })
  await broker[Symbol.asyncDispose]()
})
const { brokers, url } = broker
const partitions = 2
const dayMs = 24 * 60 * 60 * 1000

type Named = { readonly name: string }

describe('the inbox', { concurrency: true, timeout: 120_000 }, () => {
  test('when offsets were deleted, what it knows has no second effect, and what is older than it remembers is a dead letter', async () => {
    const named = invent()
    const clock = clockAt(Date.now() - 8 * dayMs)
    {
      await using service = await open(named, clock)
      await service.publish('old1', 'old2', 'old3')
      await service.bus.settled()
      // By now these are older than the seven days for which it remembers.
      clock.set(Date.now())
      await until('an inbox that has forgotten', async () => (await service.count('vestnik_inbox')) === 0)
      await service.publish('new1', 'new2')
      await service.bus.settled()
    }
    const place = { name: named.topic, partitionIndexes: Array.from({ length: partitions }, (_, i) => i) }
    await until('a group without members', () =>
      administer(brokers, (admin) =>
        admin.deleteConsumerGroupOffsets({ groupId: groupOf(named), topics: [place] }),
      ).then(
        () => true,
        () => false,
      ),
    )
    await using service = await open(named, clock)
    await until('all of it again', () => service.delivered.length === 5)
    const dead = await service.bus.operations.listDead()
    assert.deepEqual(
      dead.map(({ reason }) => reason),
      Array(3).fill('too old to deduplicate'),
    )
    const names = await service.names()
    assert.deepEqual(names.toSorted(), ['new1', 'new2', 'old1', 'old2', 'old3'], 'each has had one effect')
  })

  test('what fails is kept in the database of its group, and no topic is made for it', async () => {
    const named = invent()
    await using service = await open(named, clockAt(Date.now()))
    await service.publish('fails now', 'is tried again', 'goes')
    await until('the dead letters', async () => (await service.bus.operations.listDead()).length === 2)
    await until('what is behind them', async () => (await service.names()).length === 1)
    const topics = await administer(brokers, (admin) => admin.listTopics())
    assert.deepEqual(
      topics.filter((topic) => topic.includes(named.topic)),
      [named.topic],
    )
  })
})

async function open(named: Contract<Named>, clock: Clock) {
  const all = new AsyncDisposableStack()
  const store = await openSqliteStore(join(folder, `${named.topic}.db`))
  all.defer(() => store.close())
  const transport = await openKafkaTransport(url)
  all.defer(() => transport.close())
  const delivered: string[] = []
  const keep = on(named, groupOf(named), async ({ name }, { tx }) => {
    if (name === 'fails now') throw permanent('it cannot be done')
    if (name === 'is tried again') throw new Error('not yet')
    await tx.query('INSERT INTO names (name) VALUES (?)', [name])
  })
  await store.transaction((tx) => tx.query('CREATE TABLE IF NOT EXISTS names (name TEXT)', []))
  const bus = all.use(
    await openBus({
      ...{ service: 'names', store, handlers: [keep], ports: clock.ports, log: () => {} },
      transport: noting(transport, delivered),
    }),
  )
  const rows = (statement: string) => store.read((tx) => tx.query(statement, []))
  return {
    bus,
    /** The ids whose deliveries have ended. */
    delivered,
    publish: (...names: readonly string[]) =>
      store.transaction(async (tx) => {
        for (const name of names) await bus.publish(tx, named, { name })
      }),
    names: async () => (await rows('SELECT name FROM names')).map(({ name }) => String(name)),
    count: async (table: string) => Number((await rows(`SELECT count(*) AS count FROM ${table}`))[0]?.count),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function noting(own: Transport, delivered: string[]): Transport {
  return {
    ...own,
    subscribe: (group, deliver) =>
      own.subscribe(group, async (message, signal) => {
        await deliver(message, signal)
        delivered.push(message.id)
      }),
  }
}

interface Clock {
  readonly ports: Ports
  set(now: number): void
}

/** A clock that the test moves, and that waits for nothing longer than a moment. */
function clockAt(start: number): Clock {
  let shift = start - Date.now()
  const ports: Ports = {
    ...systemPorts,
    now: () => Date.now() + shift,
    sleep: (ms, signal) => systemPorts.sleep(Math.min(ms, 200), signal),
  }
  return {
    ports,
    set(now) {
      shift = now - Date.now()
    },
  }
}

function invent(): Contract<Named> {
  const topic = `names-${randomUUID()}`
  const retry = { attempts: 2, firstDelayMs: 10, maxDelayMs: 10 }
  return contract(topic, {
    ...{ schema: z.object({ name: z.string() }), key: ({ name }: Named) => name, partitions, retry },
    groups: [`readers-${topic}`],
  })
}

const groupOf = ({ topic }: Contract<Named>) => `readers-${topic}`
