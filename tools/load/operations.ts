/** What a load does, and how each step of it is timed. */
import { films, rentals, sessions } from '@vestnik/api'
import { ask, CallFailed } from '../client/ask.ts'
import { type Backend, listAll } from '../client/person.ts'
import type { Kind } from './options.ts'
import { keepToken, type Person, tokenOf } from './people.ts'
import type { Measured } from './record.ts'

/** Does one thing that was due at that moment, as `performance.now()`. Never rejects. */
export type Operation = (dueAt: number) => Promise<void>

const mailWithinMs = 30_000

/** The operations of each kind, with these people. Signs in whom rentals need. */
export async function openOperations(
  backend: Backend,
  people: readonly Person[],
  kinds: readonly Kind[],
  record: Measured,
): Promise<Readonly<{ [K in Kind]: Operation }>> {
  const filmIds = (await listAll(backend.url, films.listFilms, undefined)).map(({ id }) => id)
  if (kinds.includes('rentals')) for (const person of people) await tokenOf(backend, person)
  const idle = poolOf(people)
  const nextPerson = inTurn(people)
  const nextQuery = inTurn(['', 'а', 'the', 'драма', 'солярис'])

  return {
    async 'sign-ins'(dueAt) {
      const person = nextPerson()
      const { email, password } = person
      await timed(record, 'sign-in', dueAt, async () => {
        keepToken(person, (await ask(backend.url, sessions.signIn, { body: { email, password } })).accessToken)
      })
    },
    async films(dueAt) {
      const query = nextQuery()
      await timed(record, 'films listed', dueAt, () => ask(backend.url, films.listFilms, { query: { query } }))
    },
    async rentals(dueAt) {
      // One at a time for each: else nobody could tell their codes apart.
      const person = await idle.take()
      await rentOnce(backend, person, filmIds, dueAt, record)
      idle.give(person)
    },
  }
}

async function rentOnce(
  backend: Backend,
  person: Person,
  filmIds: readonly number[],
  dueAt: number,
  record: Measured,
): Promise<void> {
  const { url, mailbox } = backend
  const filmId = filmIds[person.films % filmIds.length] ?? 1
  person.films += 1
  const token = await tokenOf(backend, person).catch((error: unknown) => record.failed('sign-in', kindOf(error)))
  if (token === undefined) return
  // A code that came late, for a rental that was given up, is none of this one's.
  if (person.isOwedCode) await mailbox.discardCodes(person.email).catch(() => {})
  person.isOwedCode = true
  const asked = await timed(record, 'rental asked', dueAt, () =>
    ask(url, rentals.rentFilm, { params: { id: filmId }, token }),
  )
  if (asked === undefined) return
  const answeredAt = performance.now()
  const mail = await mailbox.nextCode(person.email, mailWithinMs).catch((error: unknown) => {
    record.failed('code mailed', kindOfMissing(error))
  })
  if (mail === undefined) return
  person.isOwedCode = false
  // The mailbox's clock counts whole milliseconds.
  record.succeeded('code mailed', Math.max(0, mail.at - performance.timeOrigin - answeredAt))
  await timed(record, 'rental confirmed', performance.now(), () =>
    ask(url, rentals.confirmRental, { params: { id: asked.id }, body: { code: mail.code }, token }),
  )
}

/** From when it was due, not from when it had its turn: who waits for others is slow too. */
async function timed<Answer>(
  record: Measured,
  step: string,
  dueAt: number,
  call: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    const answer = await call()
    record.succeeded(step, performance.now() - dueAt)
    return answer
  } catch (error) {
    record.failed(step, kindOf(error))
    return undefined
  }
}

const kindOf = (error: unknown): string =>
  error instanceof CallFailed ? String(error.status ?? 'no answer') : 'a wrong answer'

/** The error has a cause when nobody could look. */
const kindOfMissing = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? 'the mailbox does not answer'
    : `not within ${mailWithinMs / 1000} s`

function inTurn<Item>(items: readonly Item[]): () => Item {
  let next = 0
  return () => {
    const item = items[next % items.length]
    next += 1
    if (item === undefined) throw new RangeError('there is nothing to take in turn')
    return item
  }
}

function poolOf<Item>(items: readonly Item[]) {
  const idle = [...items]
  const waiting: ((item: Item) => void)[] = []
  return {
    take: (): Promise<Item> => {
      const item = idle.shift()
      return item === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(item)
    },
    give(item: Item): void {
      const next = waiting.shift()
      if (next === undefined) idle.push(item)
      else next(item)
    },
  }
}
