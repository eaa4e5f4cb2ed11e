/** The relay on PostgreSQL: where each look finds some messages, others are waited for a moment. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openPostgresStore } from '@vestnik/store-postgres'
import { testClock, watchWork } from '@vestnik/testing'
import { scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { handTransport, noteContract, openByHand } from './test/by-hand.ts'

const server = await sharedPostgres()
after(() => server[Symbol.asyncDispose]())
const contract = noteContract()
/** The relay sleeps for so long then, and nothing else does. */
const gatherMs = 20

for (const [count, pauses, when] of [
  [19, 0, 'few are sent'],
  [20, 1, 'some are sent'],
  [499, 1, 'some more are sent'],
  [500, 0, 'many are sent'],
] as const) {
  test(`when ${when}, ${pauses === 0 ? 'nobody waits for' : 'the next batch waits for'} others`, async () => {
    await using database = await scratchDatabase(server)
    await using opened = await openPostgresStore(database.url)
    const { store, idle } = watchWork(opened)
    const clock = testClock(undefined, () => !idle())
    const transport = handTransport()
    const slept: number[] = []
    const sleep = (ms: number, signal?: AbortSignal) => {
      slept.push(ms)
      return clock.sleep(ms, signal)
    }
    {
      await using hand = await openByHand({ store, clock, transport, publishes: [contract], ports: { sleep } })
      await store.transaction((tx) =>
        Promise.all(Array.from({ length: count }, (_, n) => hand.bus.publish(tx, contract, { n }))),
      )
      while ((await hand.rows('SELECT 1 FROM vestnik_outbox LIMIT 1')).length > 0) await clock.advance(50)
    }
    assert.deepEqual(
      transport.batches.map(({ length }) => length),
      [count],
    )
    assert.equal(slept.filter((ms) => ms === gatherMs).length, pauses)
  })
}
