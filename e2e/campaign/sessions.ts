/** What people do with their sessions and passwords, and what must open no door any more afterwards. */
import { sessions, users } from '@vestnik/api'
import { ask, isPassing } from '../../tools/client/ask.ts'
import type { Credentials } from '../../tools/client/person.ts'
import { sessionOf } from '../person.ts'
import { isRefusal } from './ledger.ts'
import { confirm, expectRefusal, insist, type Load, nextCode, Over } from './steps.ts'

type Tokens = Pick<sessions.SignedIn, 'accessToken' | 'refreshToken'>

export async function signIn(load: Load, person: Credentials): Promise<Tokens> {
  const { backend, ledger } = load
  const send = () => ask(backend.url, sessions.signIn, { body: person })
  return await insist(load, () =>
    ledger.send('sign in', person.email, send, ({ accessToken }) => sessionOf(accessToken)),
  )
}

/** Undefined where there is no answer: the token may be used up, and a second use would end the session. */
export async function renew(
  { backend, ledger, surprised }: Load,
  { email }: Credentials,
  { accessToken, refreshToken }: Tokens,
): Promise<Tokens | undefined> {
  const session = sessionOf(accessToken)
  const send = () => ask(backend.url, sessions.refreshSession, { body: { refreshToken } })
  try {
    const renewed = await ledger.send('refresh', email, send, session)
    if (sessionOf(renewed.accessToken) !== session) surprised(`a refresh of ${email} answered another session`)
    return renewed
  } catch (error) {
    if (isRefusal(error) || !(error instanceof Error)) throw error
    if (!isPassing(error)) surprised(error.message)
    return undefined
  }
}

/** Nothing of the session is good for anything afterwards. */
export async function signOut(
  load: Load,
  { email }: Credentials,
  { accessToken, refreshToken }: Tokens,
): Promise<void> {
  const { backend } = load
  const send = () => ask(backend.url, sessions.signOut, { token: accessToken })
  await confirm(load, 'sign out', email, send, sessionOf(accessToken), 401)
  await expectRefusal(load, `a refresh token of ${email} after its sign-out`, () =>
    ask(backend.url, sessions.refreshSession, { body: { refreshToken } }),
  )
  await expectRefusal(load, `an access token of ${email} after its sign-out`, () =>
    ask(backend.url, users.ownAccount, { token: accessToken }),
  )
}

/** Answers how often it was sent. */
export async function askReset(load: Load, { email }: Credentials): Promise<number> {
  const { backend, ledger } = load
  let sent = 0
  await insist(load, () => {
    sent += 1
    return ledger.send('ask reset', email, () => ask(backend.url, users.askPasswordReset, { body: { email } }))
  })
  return sent
}

/**
 * Answers what one signs in with afterwards. The old password and a session of it are good for nothing any more.
 * @throws Over where asking had to be repeated: nobody knows which of the codes is the last
 */
export async function changePassword(
  load: Load,
  person: Credentials,
  newPassword: string,
  older: Tokens,
): Promise<Credentials> {
  const { backend } = load
  const { email } = person
  if ((await askReset(load, person)) > 1) throw new Over()
  const code = await nextCode(load, email)
  const send = () => ask(backend.url, users.confirmPasswordReset, { body: { email, code, newPassword } })
  await confirm(load, 'confirm reset', email, send)
  await expectRefusal(load, `a refresh token of ${email} from before a new password`, () =>
    ask(backend.url, sessions.refreshSession, { body: { refreshToken: older.refreshToken } }),
  )
  await expectRefusal(load, `the old password of ${email}`, () => ask(backend.url, sessions.signIn, { body: person }))
  return { email, password: newPassword }
}
