/** A rental's status follows from the time alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeLifeMs } from '@vestnik/contracts'
import { answerToRequest, type KeptRental, rentalAt } from './rental.ts'

const asked = Date.UTC(2026, 0, 17)
const expires = asked + codeLifeMs
const waiting: KeptRental = { id: 1, filmId: 46, askedMs: asked, expiresMs: expires, untilMs: undefined }
const confirmed = { ...waiting, untilMs: asked + 1000 }

const cases: readonly (readonly [rental: KeptRental, nowMs: number, status: string])[] = [
  [waiting, asked, 'awaiting-code'],
  [waiting, expires - 1, 'awaiting-code'],
  [waiting, expires, 'expired'],
  [{ ...waiting, expiresMs: asked + 5 }, asked + 5, 'expired'],
  [confirmed, asked + 999, 'active'],
  [confirmed, asked + 1000, 'over'],
  [confirmed, expires + 1, 'over'],
]

for (const [rental, nowMs, status] of cases) {
  test(`a rental until ${rental.untilMs ?? 'nothing'} is ${status} at ${nowMs}`, () => {
    assert.equal(rentalAt(rental, nowMs).status, status)
  })
}

test('a repeated request is answered as the first, also when the request was ended early', () => {
  const first = answerToRequest(waiting)
  assert.deepEqual(first, {
    id: 1,
    filmId: 46,
    status: 'awaiting-code',
    expiresAt: new Date(expires).toISOString(),
  })
  assert.deepEqual(answerToRequest({ ...confirmed, expiresMs: asked + 5 }), first)
})
