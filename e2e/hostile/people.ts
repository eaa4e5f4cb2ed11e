/** People whom somebody attacks, and the attacker with an account of their own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rentals, sessions } from '@vestnik/api'
import { ask } from '../../tools/client/ask.ts'
import { signUp } from '../../tools/client/person.ts'
import type { System } from '../system.ts'
import type { Facts, Person } from './row.ts'

/** The film that everybody asks for. */
export const film = 46

export const passwordOf = (email: string): string => `correct horse of ${email}`

/** Somebody with an account, who is signed in and has asked for a film. */
export async function makePerson(system: System, email: string): Promise<Person> {
  const credentials = { email, password: passwordOf(email) }
  const userId = await signUp(system, credentials)
  const { accessToken: token, refreshToken } = await ask(system.url, sessions.signIn, { body: credentials })
  const { id } = await ask(system.url, rentals.rentFilm, { params: { id: film }, token })
  return { ...credentials, userId, token, refreshToken, rentalId: id }
}

export async function gatherFacts(system: System): Promise<Facts> {
  const anna = await makePerson(system, 'anna@example.org')
  const boris = await makePerson(system, 'boris@example.org')
  const { keys } = JSON.parse(readFileSync(join(system.folder, 'data', 'keys', 'token-keys.json'), 'utf8'))
  return { anna, boris, stolenKey: keys[0] }
}

/** What nobody may ever be answered. */
export function secretsOf({ anna, boris, stolenKey }: Facts): readonly string[] {
  const of = ({ password, token, refreshToken }: Person) => [password, token, refreshToken]
  return [...of(anna), ...of(boris), stolenKey.d]
}
