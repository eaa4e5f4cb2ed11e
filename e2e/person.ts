/** What the tests ask of a person besides: calls that may meet a service that is down, and what its lines are. */
import { setTimeout as sleep } from 'node:timers/promises'
import { logins, sessions } from '@vestnik/api'
import type { UserLoggedIn } from '@vestnik/contracts'
import { ask, isPassing } from '../tools/client/ask.ts'
import { type Credentials, listAll } from '../tools/client/person.ts'

/** The answer; undefined when there was none, or when something is down (503). */
export async function tried<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call
  } catch (error) {
    if (isPassing(error)) return undefined
    throw error
  }
}

/** Again until there is an answer that is not 503; rejects when that takes longer than any restart. */
export async function insist<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const end = performance.now() + 120_000
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isPassing(error) || performance.now() > end) throw error
    }
    await sleep(50)
  }
}

/** Answers the access token. */
export async function signIn(url: string, credentials: Credentials): Promise<string> {
  return (await ask(url, sessions.signIn, { body: credentials })).accessToken
}

/** All sign-ins of the token's user, or undefined when something is down. */
export function tryLogins(url: string, token: string): Promise<readonly UserLoggedIn[] | undefined> {
  return tried(listAll(url, logins.listLogins, token))
}

/** The session that a token belongs to. */
export function sessionOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid
}

export const lineOf = (login: UserLoggedIn): string => `User logged in with information: ${JSON.stringify(login)}`
