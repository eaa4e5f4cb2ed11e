/** The films service at a glance: every route, every handler. */
import { films, rentals } from '@vestnik/api'
import type { Handler } from '@vestnik/bus'
import { createHttp, type Http, type HttpOptions, Problem, serve } from '@vestnik/service'
import { rentalAt } from './domain/rental.ts'
import { knowConfirmedUser } from './handlers/know-confirmed-user.ts'
import { knowUser } from './handlers/know-user.ts'
import type { Parts } from './parts.ts'
import { findFilm, searchFilms } from './store/films.ts'
import { sweepKeys } from './store/idempotency-keys.ts'
import { listRentals } from './store/rentals.ts'
import { createConfirmRental } from './use-cases/confirm-rental.ts'
import { createRentFilm } from './use-cases/rent-film.ts'

export function createApp(parts: Parts, options: HttpOptions): Http {
  const { store, verify, now } = parts
  const http = createHttp(options)
  const rentFilm = createRentFilm(parts)
  const confirmRental = createConfirmRental(parts)

  serve(http, verify, films.listFilms, async ({ query }) => store.read((tx) => searchFilms(tx, query)))
  serve(http, verify, films.oneFilm, async ({ params }) => {
    const film = await store.read((tx) => findFilm(tx, params.id))
    if (film === undefined) throw new Problem(404, 'There is no such film.')
    return film
  })
  serve(http, verify, rentals.rentFilm, async ({ params, caller, idempotencyKey }) =>
    rentFilm({ userId: caller.userId, filmId: params.id, idempotencyKey }),
  )
  serve(http, verify, rentals.confirmRental, async ({ params, body, caller }) =>
    confirmRental({ userId: caller.userId, rentalId: params.id, code: body.code }),
  )
  serve(http, verify, rentals.listRentals, async ({ query, caller }) => {
    const { rentals, total } = await store.read((tx) => listRentals(tx, caller.userId, query))
    const nowMs = now()
    return { items: rentals.map((rental) => rentalAt(rental, nowMs)), ...query, total }
  })

  return http
}

export const handlers: readonly Handler[] = [knowUser, knowConfirmedUser]

/** Deletes codes and keys that have ended; what they belonged to has ended by itself, by the time. */
export async function sweep({ store, codes, now }: Pick<Parts, 'store' | 'codes' | 'now'>): Promise<void> {
  await codes.sweep(store)
  await sweepKeys(store, now())
}
