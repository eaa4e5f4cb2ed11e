/** The films that are rented most. The popular service answers. */
import { type Call, call } from '@vestnik/service/call'
import { z } from 'zod'

export interface Popular {
  readonly items: readonly { readonly filmId: number; readonly rentals: number }[]
}

const count = z.int().positive()

export const listPopular: Call<{ answer: Popular }> = call('GET', '/popular', {
  summary: 'The ten films that are rented most',
  status: 200,
  answer: z.object({ items: z.array(z.object({ filmId: count, rentals: count })).readonly() }),
})
