/** Asking to rent a film: the request, its code and the code's mail are one commit. */
import type { rentals } from '@vestnik/api'
import type { Tx } from '@vestnik/bus'
import { Problem, tooMany } from '@vestnik/service'
import { answerToRequest } from '../domain/rental.ts'
import type { Parts } from '../parts.ts'
import { findFilm } from '../store/films.ts'
import { findByKey, keepKey } from '../store/idempotency-keys.ts'
import { addRental, endRequest, findActive, findRental, listAwaiting } from '../store/rentals.ts'
import { confirmedEmail, lockUser } from '../store/users.ts'
import { codeOfRental } from './code-of-rental.ts'
import { patiently } from './patiently.ts'

export interface RentRequest {
  readonly userId: number
  readonly filmId: number
  readonly idempotencyKey: string | undefined
}

/**
 * Rejects with Problem 404 for an unknown film, 409 while it is rented already or the address is not known to be
 * confirmed, 422 for a key that was used for another film, 429 for too many requests or mails.
 */
export function createRentFilm(parts: Parts): (request: RentRequest) => Promise<rentals.AwaitingRental> {
  const { store, codes, now, openRequests, patienceMs } = parts

  /** The answer that was given to the same request, or the address to which a code may be mailed. */
  async function judge(tx: Tx, request: RentRequest): Promise<Judgement> {
    const { userId, filmId } = request
    const nowMs = now()
    const earlier = await findEarlier(tx, request, nowMs)
    if (earlier) return { kind: 'repeated', answer: earlier }
    if ((await findFilm(tx, filmId)) === undefined) throw new Problem(404, 'There is no such film.')
    const email = await confirmedEmail(tx, userId)
    if (email === undefined) return { kind: 'unconfirmed' }
    if (await findActive(tx, userId, filmId, nowMs)) throw new Problem(409, 'You have rented this film already.')
    const others = (await listAwaiting(tx, userId, nowMs)).filter((rental) => rental.filmId !== filmId)
    const [first] = others
    if (first && others.length >= openRequests) throw tooMany(first.expiresMs - nowMs)
    return { kind: 'free', email }
  }

  async function open(tx: Tx, { userId, filmId, idempotencyKey }: RentRequest): Promise<Opened> {
    const nowMs = now()
    for (const rental of await listAwaiting(tx, userId, nowMs)) {
      if (rental.filmId !== filmId) continue
      await endRequest(tx, rental.id, nowMs)
      await codes.revoke(tx, codeOfRental(rental.id))
    }
    const rental = await addRental(tx, userId, filmId, nowMs)
    if (idempotencyKey !== undefined) await keepKey(tx, userId, idempotencyKey, rental.id, nowMs)
    return { id: rental.id, answer: answerToRequest(rental) }
  }

  return async (request) => {
    // A look first: for a repeat or a refusal no code is drawn and sealed.
    const found = await patiently(store, patienceMs, unlessUnconfirmed, (tx) => judge(tx, request))
    if (found.kind === 'repeated') return found.answer
    if (found.kind === 'unconfirmed') throw unconfirmed()
    const code = await codes.prepare(found.email)
    return await store.transaction(async (tx) => {
      await lockUser(tx, request.userId)
      const still = await judge(tx, request)
      if (still.kind === 'repeated') return still.answer
      const { id, answer } = await open(tx, request)
      if ((await codes.issue(tx, code, codeOfRental(id), found.email)) === 'limited') throw tooManyMails()
      return answer
    })
  }
}

type Judgement =
  | { readonly kind: 'repeated'; readonly answer: rentals.AwaitingRental }
  | { readonly kind: 'unconfirmed' }
  | { readonly kind: 'free'; readonly email: string }

interface Opened {
  readonly id: number
  readonly answer: rentals.AwaitingRental
}

const unlessUnconfirmed = ({ kind }: Judgement): boolean => kind !== 'unconfirmed'

async function findEarlier(
  tx: Tx,
  { userId, filmId, idempotencyKey }: RentRequest,
  nowMs: number,
): Promise<rentals.AwaitingRental | undefined> {
  if (idempotencyKey === undefined) return undefined
  const id = await findByKey(tx, userId, idempotencyKey, nowMs)
  const rental = id === undefined ? undefined : await findRental(tx, userId, id)
  if (rental === undefined) return undefined
  if (rental.filmId === filmId) return answerToRequest(rental)
  const errors = [{ field: 'Idempotency-Key', reason: 'It was used for another film' }]
  throw new Problem(422, 'Idempotency-Key: It was used for another film', { errors })
}

/** Nobody signs in without a confirmed address, so the message that says so is on its way. */
function unconfirmed(): Problem {
  return new Problem(409, 'Renting needs a confirmed address, and it is not known here yet. Try again in a moment.', {
    headers: { 'retry-after': '1' },
  })
}

function tooManyMails(): Problem {
  return new Problem(429, 'Too many codes were mailed. Try again later.', { headers: { 'retry-after': '600' } })
}
