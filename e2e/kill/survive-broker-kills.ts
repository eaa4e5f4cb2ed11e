/** Orders are placed and booked while the broker is killed again and again; then the books are compared. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openFleet } from './fleet.ts'
import { keyCount } from './orders.ts'
import { quantile, untilEachIsBooked } from './resumption.ts'
import { settle } from './settle.ts'

export interface MortalBroker {
  readonly url: string
  kill(): Promise<void>
  /** Resolves when it takes messages. */
  start(): Promise<void>
}

export interface Ordeal {
  readonly kills: number
  readonly againWithinMs: number
  /** How long a producer rests between batches: the longer the broker's starts take, the more is placed meanwhile. @default 40 */
  readonly pauseMs?: number
}

/** Nothing confirmed is lost, nothing is doubled, and nearly all keys go on within the time after each start. */
export async function surviveBrokerKills(
  t: TestContext,
  broker: MortalBroker,
  { kills, againWithinMs, pauseMs = 40 }: Ordeal,
): Promise<void> {
  const fleet = openFleet(t, { brokerUrl: broker.url, pauseMs })
  const members = (['producer', 'producer', 'consumer', 'consumer'] as const).map((role) => fleet.start(role))
  await Promise.all(members.map(({ ready }) => ready))
  await untilEachIsBooked(fleet.folder, keyCount)
  const again: (readonly number[])[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(Math.random() * 1000)
    await broker.kill()
    await broker.start()
    again.push(await untilEachIsBooked(fleet.folder, keyCount))
  }
  await Promise.all(members.map((member) => member.end()))

  const { lost, doubled, uncounted, disordered, buried, confirmed, committed, acts, uncertain } = await settle(fleet)
  const [half, most, all] = [0.5, 0.99, 1].map((share) => Math.round(quantile(again.flat(), share)))
  t.diagnostic(
    `kills of the broker: ${kills}; confirmed: ${confirmed}, committed: ${committed}, lost: ${lost.length}, ` +
      `doubled: ${doubled.length}, out of order: ${disordered.length}; acts: ${acts}, uncertain: ${uncertain}, ` +
      `repeated without being counted: ${uncounted.length}; buried: ${buried.length}; each of ${keyCount} keys again ` +
      `after p50 ${half} ms, p99 ${most} ms, at most ${all} ms`,
  )
  const wrong = { lost, doubled, uncounted, disordered, buried }
  assert.deepEqual(wrong, { lost: [], doubled: [], uncounted: [], disordered: [], buried: [] })
  assert.ok(confirmed > kills * 100, 'there was load')
  const slowest = again.map((times) => Math.max(...times))
  assert.ok(quantile(slowest, 0.25) < againWithinMs, `each key again after ${slowest.map(Math.round).join(', ')} ms`)
  assert.deepEqual(fleet.accidents, [])
}
