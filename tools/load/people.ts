/** The accounts of a load: each signed up and confirmed, with a token, one rental at a time. */
import { randomUUID } from 'node:crypto'
import { sessions } from '@vestnik/api'
import { ask } from '../client/ask.ts'
import { type Backend, type Credentials, signUp } from '../client/person.ts'

export interface Person extends Credentials {
  /** How many films they have asked for. */
  films: number
  /** A code was asked for, and its mail was not taken. */
  isOwedCode: boolean
  token: string
  /** As `performance.now()`. */
  tokenAt: number
}

const atOnce = 8
/** Well within its life. */
const renewAfterMs = 8 * 60_000

export async function makePeople(backend: Backend, count: number, made: (so: number) => void): Promise<Person[]> {
  const run = randomUUID().slice(0, 8)
  const people: Person[] = []
  const waiting = Array.from({ length: count }, (_, i) => `load-${run}-${i}@example.org`)
  const lane = async (): Promise<void> => {
    for (let email = waiting.shift(); email !== undefined; email = waiting.shift()) {
      const credentials = { email, password: `load ${run} correct horse` }
      await signUp(backend, credentials)
      people.push({ ...credentials, films: 0, isOwedCode: false, token: '', tokenAt: Number.NEGATIVE_INFINITY })
      made(people.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane))
  return people
}

/** A token that is good for some minutes more. */
export async function tokenOf({ url }: Backend, person: Person): Promise<string> {
  if (performance.now() - person.tokenAt > renewAfterMs) {
    const { email, password } = person
    keepToken(person, (await ask(url, sessions.signIn, { body: { email, password } })).accessToken)
  }
  return person.token
}

export function keepToken(person: Person, token: string): void {
  person.token = token
  person.tokenAt = performance.now()
}
