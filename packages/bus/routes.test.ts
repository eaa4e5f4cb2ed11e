/** A bus on two brokers: each topic goes over its own, and what is wrong with one harms nothing of the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { BusError, PublishError } from './errors.ts'
import { on } from './handler.ts'
import { outboxFor } from './outbox.ts'
import { migrate } from './schema.ts'
import { sqlFor } from './sql.ts'
import type { Row, SqlValue, Tx } from './store.ts'
import { systemPorts } from './system.ts'
import { handTransport, incoming, type Note, openByHand, openMemory } from './test/by-hand.ts'
import { type Both, mail, note, openBoth, publish, range, sent } from './test/two-brokers.ts'
import type { Incoming, Topology } from './transport.ts'

const publishes = [note, mail]

test('each topic goes over its own broker, and over no other', async () => {
  await using hand = await openBoth()
  await publish(hand, note, 1, mail, 2, note, 3)
  await hand.clock.advance(1_000)
  assert.deepEqual(sent(hand.transport), [1, 3])
  assert.deepEqual(sent(hand.mails), [2])
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('each broker is asked for its own places, and hands out from them', async () => {
  const asked: Record<string, Topology> = {}
  const [one, other] = [handTransport({}, 'one'), handTransport({}, 'other')]
  for (const transport of [one, other]) {
    transport.ensure = async (topology) => {
      asked[transport.name] = topology
    }
  }
  const taken: number[] = []
  const handlers = publishes.map((contract) => on(contract, 'reader', ({ n }) => void taken.push(n)))
  await using hand = await openBoth({ transport: one, mails: other, handlers })
  const topicsAt = (name: string) => [asked[name]?.topics, asked[name]?.groups.map(({ topic }) => ({ name: topic }))]
  const places = (topic: string) => [[{ name: topic, partitions: 12 }], [{ name: topic }]]
  assert.deepEqual([topicsAt('one'), topicsAt('other')], [places('note.written'), places('mail.written')])
  await hand.transport.handOut('reader', incoming({ n: 1 }, hand.clock.now()))
  await hand.mails.handOut('reader', incomingMail({ n: 2 }, hand.clock.now()))
  assert.deepEqual(taken, [1, 2])
})

for (const away of ['the first', 'the second'] as const) {
  test(`while ${away} of two brokers is away, the other goes on, and afterwards nothing is missing`, async () => {
    await using hand = await openBoth()
    const [down, up] = away === 'the first' ? [hand.transport, hand.mails] : [hand.mails, hand.transport]
    const [waits, goes] = away === 'the first' ? [note, mail] : [mail, note]
    let isAway = true
    down.answer = async () => {
      if (isAway) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
    }
    for (let n = 0; n < 40; n += 1) await publish(hand, waits, 2 * n, goes, 2 * n + 1)
    await hand.clock.advance(30_000)
    assert.deepEqual(sent(up), odd(40))
    assert.equal(hand.bus.health().ready, false)
    assert.match(hand.bus.health().reason ?? '', new RegExp(`^${down.name}: relay to ${down.name}: .* not sent yet$`))
    assert.equal(hand.logged.filter(({ level }) => level === 'warn').length, 1)
    isAway = false
    down.batches.length = 0
    await hand.clock.advance(10_000)
    assert.deepEqual(
      sent(down),
      odd(40).map((n) => n - 1),
    )
    assert.deepEqual(hand.bus.health(), { ready: true })
  })
}

test('a broker that has not made its places yet holds up none of the other', async () => {
  let missing = true
  const mails = handTransport({}, 'mails')
  mails.ensure = async () => {
    if (missing) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  const { store, clock } = await openMemory()
  const opening = openBoth({ store, clock, mails })
  await clock.advance(3_000)
  const hand = await opening
  await publish(hand, note, 1, mail, 2)
  await clock.advance(5_000)
  assert.deepEqual([sent(hand.transport), sent(mails)], [[1], []])
  assert.match(hand.bus.health().reason ?? '', /^mails: nobody answers$/)
  missing = false
  await clock.advance(5_000)
  assert.deepEqual(sent(mails), [2])
  await hand[Symbol.asyncDispose]()
  await store.close()
})

test('what one of them cannot be made to do is told at start, and nothing is left running at the other', async () => {
  const mails = handTransport({}, 'mails')
  mails.ensure = () => Promise.reject(new BusError('TOPOLOGY_CONFLICT', 'mail.written has 3 partitions, not 12'))
  const { store, clock } = await openMemory()
  await assert.rejects(openBoth({ store, clock, mails }), { code: 'TOPOLOGY_CONFLICT' })
  await clock.advance(0)
  assert.equal(await clock.next(), false)
})

test('what one of them refuses is set aside with its reason, and is sent there when a person says so', async () => {
  await using hand = await openBoth()
  hand.mails.answer = async ([first]) => {
    throw new PublishError('too large', { doubtful: [], refused: [{ id: first?.id ?? '', code: 'BODY_TOO_LARGE' }] })
  }
  await publish(hand, mail, 1, note, 2)
  await hand.clock.advance(1_000)
  assert.deepEqual(sent(hand.transport), [2])
  const [aside] = await hand.bus.operations.listOutbox({ state: 'aside' })
  assert.equal(aside?.topic, 'mail.written')
  hand.mails.answer = async () => {}
  await hand.bus.operations.sendAside(aside?.pos ?? 0, 'anna')
  await hand.clock.advance(1_000)
  assert.deepEqual([sent(hand.transport), sent(hand.mails)], [[2], [1, 1]])
})

test('all is settled when both brokers have what is theirs', async () => {
  await using hand = await openBoth()
  let isAway = true
  hand.mails.answer = async () => {
    if (isAway) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  await publish(hand, note, 1, mail, 2)
  let settled = false
  const settling = hand.bus.settled().then(() => {
    settled = true
  })
  await hand.clock.advance(5_000)
  assert.equal(settled, false)
  isAway = false
  await hand.clock.advance(5_000)
  await settling
})

test('a broker that keeps what was handled says so for its own topics alone', async () => {
  const handlers = publishes.map((contract) => on(contract, 'reader', () => {}))
  const mails = handTransport({ retainsHistory: true }, 'mails')
  await using hand = await openBoth({ mails, handlers, rememberMs: 1_000 })
  const old = hand.clock.now() - 5_000
  await hand.transport.handOut('reader', incoming({ n: 1 }, old))
  await hand.mails.handOut('reader', incomingMail({ n: 2 }, old))
  const dead = await hand.bus.operations.listDead()
  assert.deepEqual(
    dead.map(({ topic, reason }) => ({ topic, reason })),
    [{ topic: 'mail.written', reason: 'too old to deduplicate' }],
  )
})

test('of two processes each may relay to a broker, and one that hangs at one of them keeps the other', async () => {
  const { store, clock } = await openMemory()
  const [first, second] = [await openBoth({ store, clock }), await openBoth({ store, clock })]
  first.mails.answer = second.mails.answer = () => new Promise(() => {})
  await publish(first, mail, 1)
  await clock.advance(100)
  const [stuck, free] = first.mails.batches.length > 0 ? [first, second] : [second, first]
  free.mails.answer = async () => {}
  for (let n = 2; n < 12; n += 1) {
    await publish(stuck, note, n)
    await clock.advance(500)
  }
  assert.deepEqual(sent(free.mails), [1], 'another process has taken that broker over')
  assert.deepEqual([...sent(stuck.transport), ...sent(free.transport)].sort(byNumber), range(2, 12))
  await store.close()
})

test('what waits when the routes are changed goes where its topic is routed now, in its order', async () => {
  const memory = await openMemory()
  const before = await openBoth({ ...memory })
  before.transport.answer = before.mails.answer = async () => {
    throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  for (let n = 0; n < 5; n += 1) await publish(before, note, n, mail, 10 + n)
  await closeBoth(before)

  // The mail goes with the rest now, and a topic that had no route has one.
  const [rest, notes] = [handTransport({}, 'rest'), handTransport({}, 'notes')]
  const routes = [{ topics: ['note.*'], transport: notes }]
  await using after = await openByHand({ ...memory, transport: rest, routes, publishes })
  for (let n = 5; n < 8; n += 1) await publish(after, note, n, mail, 10 + n)
  await memory.clock.advance(5_000)
  assert.deepEqual([sent(notes), sent(rest)], [range(0, 8), range(10, 18)])
  assert.deepEqual(await after.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('a program without the routes of the one before sends everything that it left', async () => {
  const memory = await openMemory()
  const before = await openBoth({ ...memory })
  before.mails.answer = async () => {
    throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  await publish(before, mail, 1, mail, 2)
  await closeBoth(before)
  await using after = await openByHand({ ...memory, publishes: [note] })
  await memory.clock.advance(1_000)
  assert.deepEqual(sent(after.transport), [1, 2])
})

test('a take reads nothing of what waits for another broker', async () => {
  await using store = await openSqliteStore(':memory:')
  await migrate(store, systemPorts)
  const sql = sqlFor('sqlite')
  const outbox = outboxFor(sql)
  const plans = await store.transaction(async (tx) => {
    for (const topic of ['mail.written', 'note.written']) {
      const row = { id: topic, topic, headers: {}, body: new Uint8Array(), created: 0, parks: false }
      await outbox.add(tx, row)
    }
    const statements: [string, readonly SqlValue[]][] = []
    const listening: Tx = {
      query(text, values): Promise<readonly Row[]> {
        statements.push([text, values])
        return tx.query(text, values)
      },
    }
    const { batch: taken } = await outbox.take(listening, { carries: (topic) => topic === 'note.written' })
    assert.deepEqual(
      taken.map(({ topic }) => topic),
      ['note.written'],
    )
    const explained = statements.map(([text, values]) => tx.query(`EXPLAIN QUERY PLAN ${text}`, values))
    return (await Promise.all(explained)).flat().map(({ detail }) => String(detail))
  })
  const scans = plans.filter((step) => /SCAN (vestnik_outbox|o|a)\b/.test(step))
  assert.deepEqual(scans, [], plans.join('\n'))
})

function incomingMail(written: Note, now: number): Incoming {
  const { headers } = incoming(written, now)
  return incoming(written, now, { topic: 'mail.written', headers: { ...headers, 'ce-type': 'mail.written' } })
}

/** Ends at the deadline, as its brokers do not come back. */
async function closeBoth(hand: Both): Promise<void> {
  await hand[Symbol.asyncDispose]()
  for (const transport of [hand.transport, hand.mails]) transport.batches.length = 0
}

const odd = (count: number) => range(0, count).map((n) => 2 * n + 1)
const byNumber = (a: number, b: number) => a - b
