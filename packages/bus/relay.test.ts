import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bus } from './bus.ts'
import type { Contract } from './contract.ts'
import { BusError, PublishError } from './errors.ts'
import type { Store } from './store.ts'
import { type ByHand, handTransport, type Note, noteContract, openByHand, openMemory } from './test/by-hand.ts'
import type { Outgoing } from './transport.ts'

const contract = noteContract()

test('what a transaction published is sent after its commit, and leaves the outbox', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  await publish(hand, { n: 1 })
  await hand.clock.advance(500)
  assert.deepEqual(sent(hand), [[1]])
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('what a rolled back transaction published is never sent', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  const work = hand.store.transaction(async (tx) => {
    await hand.bus.publish(tx, contract, { n: 1 })
    throw new Error('changed its mind')
  })
  await assert.rejects(work)
  await hand.clock.advance(1_000)
  assert.deepEqual(sent(hand), [])
})

test('a publish that is not awaited is kept with its transaction', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  await hand.store.transaction(async (tx) => {
    void hand.bus.publish(tx, contract, { n: 1 })
  })
  await hand.clock.advance(500)
  assert.deepEqual(sent(hand), [[1]])
})

test('a publish after the end of its transaction is refused by name', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  const late = await hand.store.transaction(async (tx) => tx)
  await assert.rejects(hand.bus.publish(late, contract, { n: 1 }), { code: 'TX_ENDED' })
})

test('messages are sent in the order in which they were committed', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  for (let n = 0; n < 50; n += 1) await publish(hand, { n, key: 'a' })
  await hand.clock.advance(500)
  assert.deepEqual(
    sent(hand).flat(),
    Array.from({ length: 50 }, (_, n) => n),
  )
})

test('after a failed publish the same messages go again, before anything newer', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  let failures = 2
  hand.transport.answer = async () => {
    if (failures-- > 0) throw new Error('the broker is away')
  }
  await publish(hand, { n: 1 })
  await hand.clock.advance(10)
  await publish(hand, { n: 2 })
  await hand.clock.advance(5_000)
  const batches = sent(hand)
  assert.deepEqual(
    batches.slice(0, 2).map(([first]) => first),
    [1, 1],
  )
  assert.deepEqual(batches.at(-1), [1, 2])
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('of a batch that succeeded in part, exactly what is doubtful goes again', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  let doubt = true
  hand.transport.answer = async (messages) => {
    if (!doubt) return
    doubt = false
    throw new PublishError('in part', { doubtful: [messages[1]?.id ?? ''], refused: [] })
  }
  await hand.store.transaction(async (tx) => {
    for (const n of [1, 2, 3]) await hand.bus.publish(tx, contract, { n })
  })
  await hand.clock.advance(5_000)
  assert.deepEqual(sent(hand), [[1, 2, 3], [2]])
})

test('a refused message is set aside with its reason, and holds up nothing behind it', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  refuse(hand, 2)
  await hand.store.transaction(async (tx) => {
    for (const n of [1, 2, 3]) await hand.bus.publish(tx, contract, { n, key: 'a' })
  })
  await hand.clock.advance(5_000)
  assert.deepEqual(new Set(sent(hand).flat()), new Set([1, 2, 3]))
  const aside = await hand.bus.operations.listOutbox()
  assert.deepEqual(
    aside.map(({ state, reason }) => ({ state, reason })),
    [{ state: 'aside', reason: 'BODY_TOO_LARGE' }],
  )
})

test('where the contract parks, a refused message keeps its key in the outbox until a person ends it', async () => {
  const parking = noteContract({ afterDead: 'park' })
  await using hand = await openByHand({ publishes: [parking] })
  refuse(hand, 1)
  await publish(hand, { n: 1, key: 'a' }, parking)
  await hand.clock.advance(500)
  await publish(hand, { n: 2, key: 'a' }, parking)
  await publish(hand, { n: 3, key: 'b' }, parking)
  await hand.clock.advance(5_000)
  assert.deepEqual(sent(hand), [[1], [3]])
  const [aside] = await hand.bus.operations.listOutbox({ state: 'aside' })
  assert.ok(aside)
  hand.transport.answer = async () => {}
  await hand.bus.operations.sendAside(aside.pos, 'anna')
  await hand.clock.advance(1_000)
  assert.deepEqual(sent(hand).slice(2).flat(), [1, 2])
  assert.equal(hand.transport.batches[2]?.[0]?.id, aside.id, 'it keeps its id')
})

test('however much a parked key keeps back, the other keys are sent', async () => {
  const parking = noteContract({ afterDead: 'park' })
  await using hand = await openByHand({ publishes: [parking] })
  refuse(hand, 0)
  await publish(hand, { n: 0, key: 'a' }, parking)
  await hand.clock.advance(500)
  await hand.store.transaction(async (tx) => {
    for (let n = 1; n <= 1_200; n += 1) await (hand.bus as Bus).publish(tx, parking, { n, key: 'a' })
  })
  await publish(hand, { n: 2_000, key: 'b' }, parking)
  await hand.clock.advance(5_000)
  assert.deepEqual(sent(hand), [[0], [2_000]])
})

test('of two processes on one outbox one sends, and the other follows when it dies', async () => {
  const { store, clock } = await openMemory()
  const [one, two] = [handTransport(), handTransport()]
  // The first publishes once and is then stopped for ever, with its lease.
  one.answer = () => new Promise(() => {})
  const first = await openByHand({ store, clock, transport: one, publishes: [contract] })
  await publish(first, { n: 1 })
  await clock.advance(100)
  const second = await openByHand({ store, clock, transport: two, publishes: [contract] })
  await clock.advance(1_000)
  assert.equal(two.batches.length, 0)
  await clock.advance(2_000)
  assert.equal(two.batches.length, 1)
  await second[Symbol.asyncDispose]()
  await store.close()
})

test('a process in whose stead another relays writes nothing meanwhile, however much is published', async () => {
  const { store, clock } = await openMemory()
  const [one, two] = [handTransport(), handTransport()]
  one.answer = () => new Promise(() => {})
  const first = await openByHand({ store, clock, transport: one, publishes: [contract] })
  await publish(first, { n: 1 })
  await clock.advance(100)
  let written = 0
  const wrap = (inner: Store): Store => ({
    ...inner,
    transaction: (work) => {
      written += 1
      return inner.transaction(work)
    },
  })
  await using second = await openByHand({ store, clock, transport: two, publishes: [contract], wrap })
  written = 0
  for (let n = 2; n < 20; n += 1) {
    await publish(first, { n })
    await clock.advance(50)
  }
  assert.equal(written, 0)
  await clock.advance(2_000)
  assert.equal(sent(second).flat().length, 19, 'it follows when the lease is over')
})

test('the next batch is published while the one before it is marked, and holds nothing of it', async () => {
  const marks = Promise.withResolvers<void>()
  await using hand = await openMarking(() => marks.promise)
  hand.transport.answer = async ([first]) => {
    if (hand.transport.batches.length === 1 && first) await publish(hand, { n: 2 })
  }
  await publish(hand, { n: 1 })
  await hand.clock.advance(500)
  assert.deepEqual(sent(hand), [[1], [2]])
  marks.resolve()
  await hand.clock.advance(500)
  assert.deepEqual(sent(hand), [[1], [2]])
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('what could not be marked is sent again under its id, and nothing is lost', async () => {
  await using hand = await openMarking(failingOnce())
  hand.transport.answer = async () => {
    if (hand.transport.batches.length === 1) await publish(hand, { n: 2 })
  }
  await publish(hand, { n: 1 })
  await hand.clock.advance(5_000)
  assert.deepEqual(sent(hand), [[1], [2], [1]])
  assert.equal(hand.transport.batches[2]?.[0]?.id, hand.transport.batches[0]?.[0]?.id)
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('what comes while a batch is marked does not wait for that', async () => {
  const marks = Promise.withResolvers<void>()
  await using hand = await openMarking(() => marks.promise)
  await publish(hand, { n: 1 })
  await hand.clock.advance(500)
  await publish(hand, { n: 2 })
  await hand.clock.advance(500)
  assert.deepEqual(sent(hand), [[1], [2]])
  marks.resolve()
  await hand.clock.advance(500)
  assert.deepEqual(sent(hand), [[1], [2]])
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('what could not be marked is sent again, also when nothing else comes', async () => {
  await using hand = await openMarking(failingOnce())
  await publish(hand, { n: 1 })
  await hand.clock.advance(200)
  assert.deepEqual(sent(hand), [[1], [1]])
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('who publishes nothing looks seldom, however much is committed, and sends at once what it publishes', async () => {
  const memory = await openMemory()
  let reads = 0
  const wrap = (inner: Store): Store => ({
    ...inner,
    read(work) {
      reads += 1
      return inner.read(work)
    },
  })
  await using hand = await openByHand({ ...memory, publishes: [contract], wrap })
  await hand.clock.advance(1_000)
  reads = 0
  for (let n = 0; n < 100; n += 1) {
    await hand.store.transaction((tx) => tx.query('INSERT INTO taken (n) VALUES (1)', []))
    await hand.clock.advance(1)
  }
  assert.ok(reads > 0 && reads <= 3, `${reads} reads in 100 ms`)
  await publish(hand, { n: 1 })
  await hand.clock.advance(1)
  assert.deepEqual(sent(hand), [[1]])
})

test('a topic that the broker lost is made again, and its messages are sent', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  let topics = 0
  hand.transport.ensure = async () => {
    topics += 1
  }
  hand.transport.answer = async ([first]) => {
    if (topics > 0 || !first) return
    throw new PublishError('lost', { doubtful: [], refused: [{ id: first.id, code: 'UNKNOWN_TOPIC' }] })
  }
  await publish(hand, { n: 1 })
  await hand.clock.advance(1_000)
  assert.deepEqual(sent(hand), [[1], [1]])
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('a topic that cannot be made again now is asked for again, once for each batch, and holds up nothing', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  let asked = 0
  hand.transport.ensure = async () => {
    asked += 1
    if (asked < 3) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  hand.transport.answer = async (messages) => {
    if (asked < 3) throw unknownTopic(messages)
  }
  await hand.store.transaction(async (tx) => {
    for (const n of [1, 2, 3]) await hand.bus.publish(tx, contract, { n })
  })
  await hand.clock.advance(5_000)
  assert.deepEqual(sent(hand), [
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ])
  assert.equal(asked, 3)
  assert.deepEqual(await hand.rows('SELECT 1 FROM vestnik_outbox'), [])
})

test('messages of a topic that is made in another way by now are set aside, in few statements', async () => {
  const memory = await openMemory()
  let statements = 0
  const wrap = (inner: Store): Store => ({
    ...inner,
    transaction: (work) =>
      inner.transaction((tx) =>
        work({
          query(text, values) {
            statements += 1
            return tx.query(text, values)
          },
        }),
      ),
  })
  await using hand = await openByHand({ ...memory, publishes: [contract], wrap })
  hand.transport.ensure = async () => {
    throw new BusError('TOPOLOGY_CONFLICT', 'it has other partitions')
  }
  hand.transport.answer = async (messages) => {
    throw unknownTopic(messages)
  }
  await hand.store.transaction(async (tx) => {
    for (let n = 0; n < 500; n += 1) await (hand.bus as Bus).publish(tx, contract, { n })
  })
  statements = 0
  await hand.clock.advance(1_000)
  assert.ok(statements < 50, `${statements} statements`)
  assert.deepEqual(await hand.rows('SELECT state, count(*) AS n FROM vestnik_outbox GROUP BY state'), [
    { state: 'aside', n: 500 },
  ])
})

test('a bus that closes sends what its outbox holds', async () => {
  const hand = await openByHand({ publishes: [contract] })
  await publish(hand, { n: 1 })
  await hand[Symbol.asyncDispose]()
  assert.deepEqual(sent(hand), [[1]])
})

test('an outage is told once, in the log and by health, and its end too', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  let away = true
  hand.transport.answer = async () => {
    if (away) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  await publish(hand, { n: 1 })
  await hand.clock.advance(30_000)
  assert.equal(hand.bus.health().ready, false)
  assert.equal(hand.logged.filter(({ level }) => level === 'warn').length, 1)
  away = false
  await hand.clock.advance(5_000)
  assert.equal(hand.bus.health().ready, true)
})

test('when the database is back, an idle service is ready again, also if nothing is sent', async () => {
  const memory = await openMemory()
  let away = false
  const wrap = (inner: Store): Store => ({
    ...inner,
    async read(work) {
      if (away) throw new BusError('DATABASE_UNREACHABLE', 'nobody answers')
      return inner.read(work)
    },
  })
  await using hand = await openByHand({ ...memory, publishes: [contract], wrap })
  await hand.clock.advance(1_000)
  away = true
  await hand.clock.advance(10_000)
  assert.equal(hand.bus.health().ready, false)
  away = false
  await hand.clock.advance(10_000)
  assert.equal(hand.bus.health().ready, true)
  assert.deepEqual(sent(hand), [])
})

test('an outage of the broker is not over because nothing waits any more', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  hand.transport.answer = async () => {
    throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  await publish(hand, { n: 1 })
  await hand.clock.advance(1_000)
  await hand.store.transaction((tx) => tx.query('DELETE FROM vestnik_outbox', []))
  await hand.clock.advance(10_000)
  assert.equal(hand.bus.health().ready, false)
})

const publish = (hand: ByHand, note: Note, to: Contract<Note> = contract): Promise<string> =>
  hand.store.transaction((tx) => (hand.bus as Bus).publish(tx, to, note))

const unknownTopic = (messages: readonly Outgoing[]) =>
  new PublishError('lost', {
    doubtful: [],
    refused: messages.map(({ id }) => ({ id, code: 'UNKNOWN_TOPIC' as const })),
  })

/** Marks of what was sent wait for this. */
const slowMarks =
  (before: () => Promise<void>) =>
  (inner: Store): Store => ({
    ...inner,
    async transaction(work) {
      const isMark = work.toString().includes('removeSent')
      if (isMark) await before()
      return inner.transaction(work)
    },
  })

const openMarking = async (before: () => Promise<void>): Promise<ByHand> =>
  openByHand({ ...(await openMemory()), publishes: [contract], wrap: slowMarks(before) })

function failingOnce(): () => Promise<void> {
  let failures = 1
  return async () => {
    if (failures-- > 0) throw new BusError('COMMIT_FAILED', 'the disk is full')
  }
}

const sent = (hand: ByHand): number[][] =>
  hand.transport.batches.map((batch) => batch.map(({ body }) => (JSON.parse(new TextDecoder().decode(body)) as Note).n))

/** The broker finds note `n` too large; what is behind it in a batch, of its key, is doubtful. */
function refuse(hand: ByHand, n: number): void {
  hand.transport.answer = async (messages) => {
    const at = messages.findIndex(({ body }) => new TextDecoder().decode(body).includes(`"n":${n}`))
    const refused = messages[at]
    if (!refused) return
    const behind = messages.slice(at + 1).filter(({ key }) => key === refused.key)
    throw new PublishError('too large', {
      doubtful: behind.map(({ id }) => id),
      refused: [{ id: refused.id, code: 'BODY_TOO_LARGE' }],
    })
  }
}
