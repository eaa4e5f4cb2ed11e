/** A rental was confirmed. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'

export interface FilmRented {
  readonly rentalId: number
  readonly userId: number
  readonly filmId: number
  readonly until: string
}

const id = z.int().positive()

export const filmRented: Contract<FilmRented, 'popular'> = contract('film.rented', {
  schema: z.object({ rentalId: id, userId: id, filmId: id, until: z.iso.datetime() }),
  key: ({ userId }) => String(userId),
  groups: ['popular'],
})
