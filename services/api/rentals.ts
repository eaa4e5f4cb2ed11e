/** Rentals: asked for, confirmed by a mailed code, active until a date. The films service answers. */
import { type Call, call } from '@vestnik/service/call'
import { type Page, type Paging, pagingQuery } from '@vestnik/service/paging'
import { z } from 'zod'
import { code, id, pageOf, pathId, time } from './fields.ts'

export interface AwaitingRental {
  readonly id: number
  readonly filmId: number
  readonly status: 'awaiting-code'
  readonly expiresAt: string
}

export interface ActiveRental {
  readonly id: number
  readonly filmId: number
  readonly status: 'active'
  readonly until: string
}

export type Rental =
  | AwaitingRental
  | ActiveRental
  | { readonly id: number; readonly filmId: number; readonly status: 'over'; readonly until: string }
  | { readonly id: number; readonly filmId: number; readonly status: 'expired'; readonly expiresAt: string }

const awaiting: z.ZodType<AwaitingRental> = z
  .object({ id, filmId: id, status: z.literal('awaiting-code'), expiresAt: time })
  .meta({ id: 'AwaitingRental' })
const active: z.ZodType<ActiveRental> = z
  .object({ id, filmId: id, status: z.literal('active'), until: time })
  .meta({ id: 'ActiveRental' })
const rental: z.ZodType<Rental> = z
  .union([
    awaiting,
    active,
    z.object({ id, filmId: id, status: z.literal('over'), until: time }).meta({ id: 'OverRental' }),
    z.object({ id, filmId: id, status: z.literal('expired'), expiresAt: time }).meta({ id: 'ExpiredRental' }),
  ])
  .meta({ id: 'Rental' })

export const rentFilm: Call<{ params: { readonly id: number }; answer: AwaitingRental }> = call(
  'POST',
  '/films/:id/rentals',
  {
    summary: 'Ask to rent a film',
    description:
      'Needs a confirmed address, to which a code is mailed. Not confirmed in time, the request expires; a new one for ' +
      'the same film ends it. 409: the film is rented already, or the address was confirmed only a moment ago. 422: ' +
      'the key was used for another film. A key is known for a day.',
    caller: 'user',
    params: pathId,
    idempotent: true,
    status: 202,
    answer: awaiting,
    problems: [401, 404, 409, 422],
  },
)

export const confirmRental: Call<{
  params: { readonly id: number }
  body: { readonly code: string }
  answer: ActiveRental
}> = call('POST', '/rentals/:id/confirmation', {
  summary: 'Confirm a rental with the mailed code',
  description: 'A code can be tried five times. 422: it is wrong, used, expired or was tried too often.',
  caller: 'user',
  params: pathId,
  body: z.strictObject({ code }),
  status: 200,
  answer: active,
  problems: [401, 404, 422],
})

export const listRentals: Call<{ query: Paging; answer: Page<Rental> }> = call('GET', '/rentals', {
  summary: "The caller's rentals, newest first",
  caller: 'user',
  query: pagingQuery,
  status: 200,
  answer: pageOf(rental),
  problems: [401],
})
