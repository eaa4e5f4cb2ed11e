/** A person who signs in and rents on and on, whatever dies around them. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { rentals, sessions, users } from '@vestnik/api'
import { ask } from '../../tools/client/ask.ts'
import { type Backend, type Credentials, listAll } from '../../tools/client/person.ts'
import { insist } from '../person.ts'

export interface Life {
  readonly person: Credentials
  /** The access tokens of all answered sign-ins. */
  readonly tokens: readonly string[]
  /** Ids of all rentals that were confirmed, each asked for once. */
  readonly rented: readonly number[]
}

/** A mail whose mailer was killed in the act goes again when its claim has lapsed. */
const mailWithinMs = 150_000
const mostForgotten = 100

/** Signs in so often, and meanwhile rents these films one after another. */
export async function live(
  backend: Backend,
  person: Credentials,
  signIns: number,
  films: readonly number[],
): Promise<Life> {
  const first = await signIn(backend, person)
  const [others, rented] = await Promise.all([
    signInOften(backend, person, signIns - 1),
    rentAll(backend, person, first, films),
  ])
  return { person, tokens: [first, ...others], rented }
}

/** Asks in bursts for codes that nobody will use, until the signal; answers how many requests were answered. */
export async function forget({ url }: Backend, { email }: Credentials, signal: AbortSignal): Promise<number> {
  let answered = 0
  while (!signal.aborted && answered < mostForgotten) {
    const burst = Array.from({ length: 4 }, () => insist(() => ask(url, users.askPasswordReset, { body: { email } })))
    answered += (await Promise.all(burst)).length
    await sleep(Math.random() * 1500)
  }
  return answered
}

/** The ids of a person's active rentals. */
export async function activeRentals(url: string, token: string): Promise<readonly number[]> {
  const all = await listAll(url, rentals.listRentals, token)
  return all.filter(({ status }) => status === 'active').map(({ id }) => id)
}

async function signIn({ url }: Backend, person: Credentials): Promise<string> {
  return (await insist(() => ask(url, sessions.signIn, { body: person }))).accessToken
}

async function signInOften(backend: Backend, person: Credentials, times: number): Promise<readonly string[]> {
  const tokens: string[] = []
  while (tokens.length < times) {
    tokens.push(await signIn(backend, person))
    // Spread over the kills.
    await sleep(Math.random() * 2000)
  }
  return tokens
}

async function rentAll(
  { url, mailbox }: Backend,
  { email }: Credentials,
  token: string,
  films: readonly number[],
): Promise<readonly number[]> {
  const rented: number[] = []
  for (const film of films) {
    const idempotencyKey = randomUUID()
    const asked = () => ask(url, rentals.rentFilm, { params: { id: film }, token, idempotencyKey })
    const { id } = await insist(asked)
    const { code } = await mailbox.nextCode(email, mailWithinMs)
    await confirm(url, token, id, code)
    rented.push(id)
    await sleep(Math.random() * 2000)
  }
  return rented
}

/** A confirmation whose answer was lost may have taken place, and then its code is used. */
async function confirm(url: string, token: string, id: number, code: string): Promise<void> {
  let sent = false
  await insist(async () => {
    if (sent && (await activeRentals(url, token)).includes(id)) return
    sent = true
    await ask(url, rentals.confirmRental, { params: { id }, body: { code }, token })
  })
}
