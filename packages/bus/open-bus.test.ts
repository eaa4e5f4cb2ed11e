import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { BusError } from './errors.ts'
import { on } from './handler.ts'
import { openBus } from './open-bus.ts'
import { schemaVersion } from './schema.ts'
import { handTransport, noteContract, openByHand, openMemory } from './test/by-hand.ts'

const contract = noteContract()
const nothing = () => {}

test('a group with two handlers is refused at start', async () => {
  const twice = [on(contract, 'reader', nothing), on(contract, 'reader', nothing)]
  await assert.rejects(openByHand({ handlers: twice }), { code: 'GROUP_CONFLICT', message: /two handlers/ })
})

test('a handler for a group that its contract does not name is refused at start', async () => {
  const stranger = on(contract, 'stranger' as 'reader', nothing)
  await assert.rejects(openByHand({ handlers: [stranger] }), {
    code: 'GROUP_CONFLICT',
    message: /names no group stranger/,
  })
})

test('two contracts of one topic are refused at start', async () => {
  const options = { handlers: [on(contract, 'reader', nothing)], publishes: [noteContract()] }
  await assert.rejects(openByHand(options), { code: 'CONTRACT_CONFLICT', message: /note\.written/ })
})

test('a wrong name or number is refused at start', async () => {
  const store = await openSqliteStore(':memory:')
  const open = (also: object) => openBus({ service: 'notes', store, transport: handTransport(), ...also })
  await assert.rejects(open({ service: 'my notes' }), { code: 'BAD_NAME' })
  await assert.rejects(open({ heldLimit: 0 }), { code: 'BAD_OPTION', message: /heldLimit is 0/ })
  await assert.rejects(open({ rememberMs: -1 }), { code: 'BAD_OPTION' })
  await store.close()
})

for (const code of ['TOPOLOGY_CONFLICT', 'BAD_OPTION'] as const) {
  test(`what the transport cannot be made to do is told at start: ${code}`, async () => {
    const transport = handTransport()
    transport.ensure = () => Promise.reject(new BusError(code, 'note.written has 3 partitions, not 12'))
    const { store, clock } = await openMemory()
    const opening = openByHand({ store, clock, transport, handlers: [on(contract, 'reader', nothing)] })
    await assert.rejects(opening, { code })
    await clock.advance(0)
    assert.equal(await clock.next(), false, 'nothing of the bus is left running')
  })
}

test('a group that cannot be subscribed to ends the start, and what was subscribed to before takes nothing more', async () => {
  const transport = handTransport()
  const drained: string[] = []
  transport.subscribe = async ({ topic }) => {
    if (topic === 'mail.written') throw new BusError('BAD_OPTION', 'mail.written cannot be read')
    return { drain: async () => void drained.push(topic) }
  }
  const other = noteContract({}, 'mail.written')
  const { store, clock } = await openMemory()
  const handlers = [on(contract, 'reader', nothing), on(other, 'reader', nothing)]
  await assert.rejects(openByHand({ store, clock, transport, handlers }), { code: 'BAD_OPTION' })
  assert.deepEqual(drained, ['note.written'])
  await store.close()
})

test('a contract that the bus was not opened with is not published', async () => {
  await using hand = await openByHand({})
  const publishing = hand.store.transaction((tx) => hand.bus.publish(tx, contract, { n: 1 }))
  await assert.rejects(publishing, { code: 'CONTRACT_UNKNOWN', message: /publishes/ })
})

test('a payload that does not fit is not published, and what else was written stays undone', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  const work = hand.store.transaction(async (tx) => {
    await tx.query('INSERT INTO taken (n) VALUES (1)', [])
    await hand.bus.publish(tx, contract, { n: 'one' as unknown as number })
  })
  await assert.rejects(work, { code: 'INVALID_PAYLOAD', message: /n: / })
  assert.deepEqual(await hand.taken(), [])
})

test('tables of a newer version are refused', async () => {
  const store = await openSqliteStore(':memory:')
  await store.transaction(async (tx) => {
    await tx.query('CREATE TABLE vestnik_version (version INTEGER NOT NULL)', [])
    await tx.query('INSERT INTO vestnik_version VALUES (?)', [schemaVersion + 1])
  })
  await assert.rejects(openByHand({ store }), { code: 'NEWER_VERSION' })
  await store.close()
})

test('a bus that is closed refuses to publish', async () => {
  const hand = await openByHand({ publishes: [contract] })
  const closing = hand[Symbol.asyncDispose]()
  await assert.rejects(
    hand.store.transaction((tx) => hand.bus.publish(tx, contract, { n: 1 })),
    { code: 'BUS_CLOSED' },
  )
  await closing
})

test('a broker that is away at start is waited for', async () => {
  const transport = handTransport()
  let away = true
  transport.ensure = async () => {
    if (away) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  await using hand = await openByHand({ transport, handlers: [on(contract, 'reader', nothing)] })
  assert.equal(hand.bus.health().ready, false)
  away = false
  await hand.clock.advance(2_000)
  assert.equal(hand.bus.health().ready, true)
  await hand.handOut({ n: 1 })
})

test('a bus whose broker has not answered yet closes at a deadline that is over already', async () => {
  const transport = handTransport()
  const asked = Promise.withResolvers<void>()
  transport.ensure = () => asked.promise
  const { store, clock } = await openMemory()
  const opening = openByHand({ store, clock, transport, handlers: [on(contract, 'reader', nothing)] })
  await clock.advance(2_000) // as long as opening waits
  const { bus } = await opening
  let closed = false
  void bus.close(AbortSignal.abort()).then(() => {
    closed = true
  })
  await clock.advance(1_000)
  assert.equal(closed, true)
  asked.resolve()
  await store.close()
})

test('nothing is sent before the broker has the places of those who must get it', async () => {
  const transport = handTransport()
  let away = true
  transport.ensure = async () => {
    if (away) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
  }
  await using hand = await openByHand({ transport, publishes: [contract] })
  await hand.store.transaction((tx) => hand.bus.publish(tx, contract, { n: 1 }))
  await hand.clock.advance(10_000)
  assert.equal(transport.batches.length, 0)
  away = false
  await hand.clock.advance(5_000)
  assert.equal(transport.batches.length, 1)
})
