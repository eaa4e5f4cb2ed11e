/** A process with two brokers that dies between any two durable steps of either relay. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CrashPoint } from './ports.ts'
import { type HandTransport, handTransport, type Memory, openMemory } from './test/by-hand.ts'
import { chanceOf } from './test/chance.ts'
import { die, type Life, memberOf, portsOf, storeOf } from './test/process.ts'
import { type Both, mail, note, openBoth, publish, sent } from './test/two-brokers.ts'

const deadly: readonly CrashPoint[] = ['outbox.added', 'relay.taken', 'relay.published', 'relay.marked']
for (const point of deadly) {
  test(`a process that dies at ${point}, with either broker, loses nothing, and keeps the order`, async () => {
    for (const hit of [1, 2, 3, 5]) await dieAndFollow(point, hit)
  })
}

/** One process dies there at its n-th time; the next one, which finds what it left, has everything sent. */
async function dieAndFollow(point: CrashPoint, hit: number): Promise<void> {
  const memory = await openMemory()
  const brokers = [handTransport({}, 'one'), handTransport({}, 'mails')] as const
  const life: Life = { dead: false, stoppedUntil: 0, died: () => {} }
  const first = await openMortal(memory, brokers, life, point, hit)
  const committed: number[] = []
  for (let n = 0; n < 6; n += 1) {
    const written = publish(first, note, 2 * n, mail, 2 * n + 1).then(
      () => void committed.push(2 * n, 2 * n + 1),
      () => {},
    )
    await memory.clock.advance(60)
    await Promise.race([written, memory.clock.advance(200)])
  }
  assert.ok(life.dead, `it came to ${point} ${hit} times`)
  const [transport, mails] = brokers
  const second = await openBoth({ ...memory, transport, mails })
  await publish(second, note, 12, mail, 13)
  await memory.clock.advance(10_000)
  const [notes, letters] = brokers.map((broker) => [...new Set(sent(broker))])
  const all = [...committed, 12, 13]
  assert.deepEqual(
    [notes, letters],
    [all.filter((n) => n % 2 === 0), all.filter((n) => n % 2 === 1)],
    `${point}, time ${hit}`,
  )
  assert.deepEqual(await second.rows('SELECT 1 FROM vestnik_outbox'), [])
  await second[Symbol.asyncDispose]()
  await memory.store.close()
}

let ids = 0

async function openMortal(
  { store, clock }: Memory,
  brokers: readonly [HandTransport, HandTransport],
  life: Life,
  point: CrashPoint,
  hit: number,
): Promise<Both> {
  const chance = chanceOf(1)
  const faults = { on: false, commitFailed: 0, commitUnknown: 0, doubtful: 0, crash: 0 }
  let hits = 0
  const crash = (at: CrashPoint) => {
    if (at === point && ++hits === hit) die(life)
  }
  const mortal = (broker: HandTransport): HandTransport => ({
    ...broker,
    ...memberOf(life, () => broker, clock, chance, faults),
  })
  return openBoth({
    store,
    clock,
    transport: mortal(brokers[0]),
    mails: mortal(brokers[1]),
    wrap: (inner) => storeOf(life, inner, clock, chance, faults),
    ports: { ...portsOf(life, clock, chance, faults, () => `mortal-${++ids}`), crash },
  })
}
