/** People who sign up, sign in, rent and ask for codes, on and on, whatever dies around them. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { rentals, sessions, users } from '@vestnik/api'
import { ask, CallFailed, isPassing } from '../../tools/client/ask.ts'
import type { Backend, Credentials } from '../../tools/client/person.ts'
import { sessionOf } from '../person.ts'
import { type CommandKind, isRefusal, type Ledger } from './ledger.ts'

export interface Load {
  readonly backend: Backend
  readonly ledger: Ledger
  /** Nothing new is begun after it; what is under way is ended. */
  readonly over: AbortSignal
  /** Told of each answer that nobody expected. */
  readonly surprised: (text: string) => void
  /** How often in a row something may be down for the same command before that is told. @default however often */
  readonly retries?: number
  /** Before a command is sent again for the first time; then longer, up to a second. @default 100 */
  readonly pauseMs?: number
}

export interface Crowd {
  /** Who sign in and rent, so many at once; a new one follows each whose life is over. */
  readonly renters: number
  /** Who ask for codes that they do not use, one after another. */
  readonly forgetful: number
}

export const standardCrowd: Crowd = { renters: 4, forgetful: 4 }

/** Longer than a mail whose mailer was killed in the act waits for its claim to lapse: the account tells what became of it. */
const mailWithinMs = 90_000
const films = 390
const rentalsEach = 5
const signInsEach = 3

type Insisting = Pick<Load, 'over' | 'surprised' | 'retries' | 'pauseMs'>

/** This life goes on no more: all is over, or nothing came that it waited for. */
class Over extends Error {}

/** Resolves when it is over and nobody waits for an answer. */
export async function liveOn(load: Load, { renters, forgetful }: Crowd): Promise<void> {
  let people = 0
  const lane = async (name: string, spend: (load: Load, person: Credentials) => Promise<void>): Promise<void> => {
    while (!load.over.aborted) {
      people += 1
      const person = { email: `${name}${people}@example.org`, password: 'correct horse' }
      await live(load, () => spend(load, person))
    }
  }
  await Promise.all([
    ...Array.from({ length: renters }, () => lane('renter', rentOn)),
    ...Array.from({ length: forgetful }, () => lane('forgetful', forgetOn)),
  ])
}

/** A life that ends early when all is over, or when it is told what cannot be. */
export async function live({ surprised }: Load, spend: () => Promise<void>): Promise<void> {
  try {
    await spend()
  } catch (error) {
    if (isRefusal(error)) surprised(error.message)
    else if (!(error instanceof Over)) throw error
  }
}

/** Signs up; resolves when the address is confirmed. */
export async function join(load: Load, person: Credentials): Promise<void> {
  const { backend, ledger } = load
  const { email } = person
  await insist(load, () => ledger.send('sign up', email, () => ask(backend.url, users.signUp, { body: person })))
  const code = await nextCode(load, email)
  const send = () => ask(backend.url, users.confirmAddress, { body: { email, code } })
  await confirm(load, 'confirm address', email, send)
}

/** Answers the access token. */
export async function signIn(load: Load, person: Credentials): Promise<string> {
  const { backend, ledger } = load
  const send = () => ask(backend.url, sessions.signIn, { body: person })
  const about = ({ accessToken }: { readonly accessToken: string }) => sessionOf(accessToken)
  return (await insist(load, () => ledger.send('sign in', person.email, send, about))).accessToken
}

export async function askReset(load: Load, { email }: Credentials): Promise<void> {
  const { backend, ledger } = load
  const send = () => ask(backend.url, users.askPasswordReset, { body: { email } })
  await insist(load, () => ledger.send('ask reset', email, send))
}

async function rentOn(load: Load, person: Credentials): Promise<void> {
  await join(load, person)
  const first = Math.floor(Math.random() * films)
  for (let i = 0; i < rentalsEach; i += 1) {
    let token = ''
    for (let times = 0; times < signInsEach; times += 1) token = await signIn(load, person)
    await rent(load, person, token, 1 + ((first + i) % films))
    await pause(load, 300)
  }
}

async function forgetOn(load: Load, person: Credentials): Promise<void> {
  await join(load, person)
  for (let asked = 0; asked < 200; asked += 1) {
    await askReset(load, person)
    await pause(load, 250)
  }
}

async function rent(load: Load, { email }: Credentials, token: string, film: number): Promise<void> {
  const { backend, ledger } = load
  const idempotencyKey = randomUUID()
  const request = () => ask(backend.url, rentals.rentFilm, { params: { id: film }, token, idempotencyKey })
  const send = () => ledger.send('rent', email, request, String(film))
  // Right after the confirmation the films service may not know of it yet.
  const { id } = await insist(load, send, [409])
  const code = await nextCode(load, email)
  const confirmation = () => ask(backend.url, rentals.confirmRental, { params: { id }, body: { code }, token })
  await confirm(load, 'confirm rental', email, confirmation, String(film))
}

/**
 * Again until there is an answer. A server's error that is not "down for a while" is told, and may have taken effect.
 * @throws Over, or CallFailed for a refusal that is not expected
 */
export async function insist<Answer>(
  { over, surprised, retries = Number.POSITIVE_INFINITY, pauseMs: firstPauseMs = 100 }: Insisting,
  call: () => Promise<Answer>,
  expected: readonly number[] = [],
): Promise<Answer> {
  let down = 0
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(1_000, 2 * pauseMs)) {
    if (over.aborted) throw new Over()
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      const { status = 0, message } = error
      if (isRefusal(error) && !expected.includes(status)) throw error
      down = isPassing(error) ? down + 1 : 0
      if (down > retries || (status >= 500 && down === 0)) surprised(message)
    }
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal: over }).catch(() => undefined)
  }
}

/** A code that fitted may be refused once an answer was lost: that says that it was used, and the ledger is told. */
export async function confirm(
  load: Insisting & Pick<Load, 'ledger'>,
  kind: CommandKind,
  who: string,
  call: () => Promise<unknown>,
  about?: string,
): Promise<void> {
  let sent = 0
  await insist(load, async () => {
    sent += 1
    await load.ledger.send(kind, who, call, about).catch((error: unknown) => {
      if (sent === 1 || !isRefusal(error) || error.status !== 422) throw error
      load.ledger.tookEffect(kind, who, about)
    })
  })
}

/** The next code that was mailed to the address. */
export async function nextCode({ backend: { mailbox }, over }: Load, email: string): Promise<string> {
  const late = performance.now() + mailWithinMs
  while (!over.aborted && performance.now() < late) {
    const mail = await mailbox.nextCode(email, 1_000).catch(() => undefined)
    if (mail) return mail.code
  }
  throw new Over()
}

/** Up to twice so long. */
export async function pause({ over }: Load, meanMs: number): Promise<void> {
  await sleep(2 * meanMs * Math.random(), undefined, { signal: over }).catch(() => undefined)
}
