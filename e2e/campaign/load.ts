/** People who sign up, sign in, rent, ask for codes and change passwords, on and on, whatever dies around them. */
import { randomUUID } from 'node:crypto'
import { rentals, users } from '@vestnik/api'
import { ask } from '../../tools/client/ask.ts'
import type { Credentials } from '../../tools/client/person.ts'
import { askReset, changePassword, renew, signIn, signOut } from './sessions.ts'
import { confirm, insist, type Load, live, nextCode, pause } from './steps.ts'

export interface Crowd {
  /** Who sign in and rent, so many at once; a new one follows each whose life is over. */
  readonly renters: number
  /** Who ask for codes that they do not use, one after another. */
  readonly forgetful: number
  /** Who renew their sessions, sign out and set new passwords, one after another. */
  readonly careful: number
}

export const standardCrowd: Crowd = { renters: 4, forgetful: 4, careful: 2 }

const films = 390
const rentalsEach = 5
const signInsEach = 3
const passwordsEach = 20

/** Resolves when it is over and nobody waits for an answer. */
export async function liveOn(load: Load, { renters, forgetful, careful }: Crowd): Promise<void> {
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
    ...Array.from({ length: careful }, () => lane('careful', takeCare)),
  ])
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

async function rentOn(load: Load, person: Credentials): Promise<void> {
  await join(load, person)
  const first = Math.floor(Math.random() * films)
  for (let i = 0; i < rentalsEach; i += 1) {
    let token = ''
    for (let times = 0; times < signInsEach; times += 1) token = (await signIn(load, person)).accessToken
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

async function takeCare(load: Load, person: Credentials): Promise<void> {
  await join(load, person)
  let current = person
  for (let changed = 1; changed <= passwordsEach; changed += 1) {
    const kept = await signIn(load, current)
    const renewed = await renew(load, current, await signIn(load, current))
    if (renewed) await signOut(load, current, renewed)
    current = await changePassword(load, current, `${person.password} ${changed}`, kept)
    await pause(load, 300)
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
