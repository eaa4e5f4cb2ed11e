/** What one user asks of two instances of the films service at once ends as if one had come after the other. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { codeMigrations, createCodes } from '@vestnik/codes'
import { migrate, Problem, type ServiceStore } from '@vestnik/service'
import { openTwo, overlap } from '../../../tools/databases/test-store.ts'
import { catalogue } from '../catalogue/index.ts'
import { findByKey, keepKey, keyLifeMs, sweepKeys } from '../store/idempotency-keys.ts'
import { loadCatalogue } from '../store/load-catalogue.ts'
import { migrations } from '../store/migrations.ts'
import { confirmUser } from '../store/users.ts'
import { createConfirmRental } from './confirm-rental.ts'
import { createRentFilm } from './rent-film.ts'

const userId = 1
const films = catalogue.slice(0, 2)
const [one = 0, other = 0] = films.map(({ film }) => film.id)

/** User 1 is confirmed, and may have one request that awaits its code. Each work answers what came of it. */
async function open(t: TestContext) {
  const both = await openTwo()
  t.after(both[Symbol.asyncDispose])
  const [store] = both
  await migrate(store, 'films', migrations)
  await migrate(store, 'codes', codeMigrations)
  await loadCatalogue(store, films)
  await store.transaction((tx) => confirmUser(tx, userId, 'anna@example.org'))
  const publish = async () => ''
  const drawn: string[] = []
  const seal = async (digits: string) => {
    drawn.push(digits)
    return digits
  }
  const codes = createCodes({ hmacKey: Buffer.alloc(32, 7), seal, publish, now: Date.now, limits: undefined })
  const verify = () => assert.fail('nobody is asked for a token')
  const partsOf = (store: ServiceStore) => ({
    ...{ store, bus: { publish }, codes, verify, now: Date.now },
    ...{ openRequests: 1, patienceMs: 0 },
  })
  return {
    both,
    drawn,
    rent: (filmId: number) => (store: ServiceStore) =>
      outcomeOf(createRentFilm(partsOf(store))({ userId, filmId, idempotencyKey: undefined })),
    confirm: (rentalId: number, code: string) => (store: ServiceStore) =>
      outcomeOf(createConfirmRental(partsOf(store))({ userId, rentalId, code })),
  }
}

/** What it says of itself, or the status with which it is refused. */
async function outcomeOf(work: Promise<{ readonly status: string }>): Promise<string | number> {
  try {
    return (await work).status
  } catch (error) {
    if (error instanceof Problem) return error.status
    throw error
  }
}

test('of two requests for the last place the later one is refused', { timeout: 60_000 }, async (t) => {
  const { both, rent } = await open(t)
  assert.deepEqual(await overlap(both, rent(one), rent(other)), ['awaiting-code', 429])
})

test('a film that is confirmed just now is not asked for once more', { timeout: 60_000 }, async (t) => {
  const { both, drawn, rent, confirm } = await open(t)
  await rent(one)(both[0])
  assert.deepEqual(await overlap(both, confirm(1, drawn[0] ?? ''), rent(one)), ['active', 409])
})

test('a key that is used anew just now is not swept away', { timeout: 60_000 }, async (t) => {
  const { both, rent } = await open(t)
  await rent(one)(both[0])
  const keep = (atMs: number) => (store: ServiceStore) =>
    store.transaction((tx) => keepKey(tx, userId, 'key-1', 1, atMs))
  await keep(Date.now() - keyLifeMs)(both[0])
  const nowMs = Date.now()
  await overlap(both, keep(nowMs), (store) => sweepKeys(store, nowMs))
  assert.equal(await both[0].read((tx) => findByKey(tx, userId, 'key-1', nowMs)), 1)
})
