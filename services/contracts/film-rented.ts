/** A rental was confirmed. Nobody has to get it: it is there for those who want to. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'

export interface FilmRented {
  /** Positive integers. */
  readonly rentalId: number
  readonly userId: number
  readonly filmId: number
  /** ISO 8601 in UTC with milliseconds. */
  readonly until: string
}

const id = z.int().positive()

export const filmRented: Contract<FilmRented, never> = contract('film.rented', {
  schema: z.object({ rentalId: id, userId: id, filmId: id, until: z.iso.datetime() }),
  key: ({ userId }) => String(userId),
})
