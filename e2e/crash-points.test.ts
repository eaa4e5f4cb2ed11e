/** Processes die at every named place between two durable steps, under load: nothing confirmed is lost, nothing doubled. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { crashPoints as pointsOfTheBus } from '@vestnik/bus'
import { crashPoints as pointsOfTheBroker } from '@vestnik/transport-sqlite'
import { type Fleet, openFleet, type Role } from './kill/fleet.ts'
import { placesIn } from './kill/orders.ts'
import { settle } from './kill/settle.ts'

/** The broker's own test hits the rest of its points: they need slow messages and members that leave in good order. */
const points: readonly string[] = [...pointsOfTheBus, ...pointsOfTheBroker].filter(
  (point) => !/^(aside|release)\./.test(point),
)
const times = [1, 4]

test('nothing confirmed is lost and nothing doubled when processes die at each named point', {
  timeout: 350_000,
}, async (t) => {
  const fleet = openFleet(t)
  const hit: string[] = []
  const all = (role: Role) => points.filter((point) => roleOf(point) === role)
  const around = [fleet.start('producer'), fleet.start('consumer')]
  await Promise.all(around.map(({ ready }) => ready))

  await dieAtEach(fleet, 'consumer', all('consumer'), hit)
  // A producer that lives would relay what others place: alone, each meets its point.
  await around[0]?.kill()
  await dieAtEach(fleet, 'producer', all('producer'), hit)
  writeFileSync(placesIn(fleet.folder).mended, '')
  await dieAtEach(fleet, 'operator', all('operator'), hit)
  await around[1]?.end()

  const account = await settle(fleet)
  const { lost, doubled, uncounted, disordered, buried, confirmed, acts, uncertain } = account
  t.diagnostic(
    `crash points hit: ${new Set(hit).size} of ${points.length}, ${hit.length} kills; confirmed: ${confirmed}, ` +
      `lost: ${lost.length}, doubled: ${doubled.length}, out of order: ${disordered.length}; ` +
      `acts: ${acts}, uncertain: ${uncertain}, repeated without being counted: ${uncounted.length}; buried: ${buried.length}`,
  )
  const wrong = { lost, doubled, uncounted, disordered }
  assert.deepEqual(wrong, { lost: [], doubled: [], uncounted: [], disordered: [] })
  assert.deepEqual(buried, [])
  assert.deepEqual([...new Set(hit)].toSorted(), points.toSorted())
  assert.deepEqual(fleet.accidents, [])
})

function roleOf(point: string): Role {
  if (/^(outbox|relay|publish)\./.test(point)) return 'producer'
  return point.startsWith('operate.') ? 'operator' : 'consumer'
}

/** One process after another, each of which kills itself at its point. */
async function dieAtEach(fleet: Fleet, role: Role, points: readonly string[], hit: string[]): Promise<void> {
  for (const point of points) {
    for (const time of point === 'take.begun' || role === 'operator' ? [1] : times) {
      const member = fleet.start(role, { point, time })
      assert.equal(await within(20_000, member.ended, `${role} dies at ${point}`), 'SIGKILL')
      hit.push(point)
    }
  }
}

async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const patience = Promise.withResolvers<never>()
  const timer = setTimeout(() => patience.reject(new Error(`not within ${ms} ms: ${what}`)), ms)
  try {
    return await Promise.race([promise, patience.promise])
  } finally {
    clearTimeout(timer)
  }
}
