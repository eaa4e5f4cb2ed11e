/** Confirming a rental with its mailed code: the rental and the message that tells of it are one commit. */
import type { rentals } from '@vestnik/api'
import { wrongCode } from '@vestnik/codes'
import { filmRented } from '@vestnik/contracts'
import { Problem } from '@vestnik/service'
import { activeRental, rentalAt, rentalLifeMs } from '../domain/rental.ts'
import type { Parts } from '../parts.ts'
import { activate, findRental } from '../store/rentals.ts'
import { lockUser } from '../store/users.ts'
import { codeOfRental } from './code-of-rental.ts'

export interface Confirmation {
  readonly userId: number
  readonly rentalId: number
  readonly code: string
}

/** Rejects with Problem 404 when the caller has no such rental, and with the same 422 for every code that does not fit. */
export function createConfirmRental({
  store,
  bus,
  codes,
  now,
}: Parts): (confirmation: Confirmation) => Promise<rentals.ActiveRental> {
  return async ({ userId, rentalId, code }) => {
    const confirmed = await store.transaction(async (tx) => {
      await lockUser(tx, userId)
      const rental = await findRental(tx, userId, rentalId)
      if (rental === undefined) throw new Problem(404, 'There is no such rental.')
      // The try is counted by the commit of this transaction, so nothing may be thrown for a wrong one.
      const right = await codes.redeem(tx, codeOfRental(rentalId), code)
      const nowMs = now()
      if (!right || rentalAt(rental, nowMs).status !== 'awaiting-code') return undefined
      const active = activeRental(rentalId, rental.filmId, nowMs + rentalLifeMs)
      await activate(tx, rentalId, nowMs + rentalLifeMs)
      await bus.publish(tx, filmRented, { rentalId, userId, filmId: rental.filmId, until: active.until })
      return active
    })
    if (confirmed === undefined) throw wrongCode()
    return confirmed
  }
}
