/** The popular service at a glance: every route, every handler. */
import { type Handler, on, type Store } from '@vestnik/bus'
import { createHttp, type Http, type HttpOptions, serve, unauthorized } from '@vestnik/service'
import { listPopular } from './api.ts'
import { filmRented } from './film-rented.ts'
import { addRental, listMostRented } from './rented-films.ts'

export const handlers: readonly Handler[] = [
  on(filmRented, 'popular', async ({ filmId }, { tx }) => {
    await addRental(tx, filmId)
  }),
]

export function createApp(store: Store, options: HttpOptions): Http {
  const http = createHttp(options)
  serve(http, nobodySignsIn, listPopular, () => store.read(listMostRented))
  return http
}

/** None of its calls needs a token. One that does is given `tokenVerifier` of the users service's keys. */
async function nobodySignsIn(): Promise<never> {
  throw unauthorized()
}
