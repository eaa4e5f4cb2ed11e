/** Signing in: the session and the message that tells of it are one commit. */
import { randomUUID } from 'node:crypto'
import type { sessions } from '@vestnik/api'
import { userLoggedIn } from '@vestnik/contracts'
import { Problem } from '@vestnik/service'
import type { Parts, UseCase } from '../parts.ts'
import { type Credentials, findCredentials, noteSignIn, rememberSource, strengthenPassword } from '../store/accounts.ts'
import { openSession } from '../store/sessions.ts'
import { createTokens } from '../tokens.ts'

interface Checked {
  readonly known: Credentials
  /** The stronger hash to keep where the stored one has become too weak. */
  readonly stronger: string | undefined
}

/** Rejects with the same Problem 401, after the same work, for an unknown or unconfirmed address and a wrong password. */
export function createSignIn({
  store,
  bus,
  passwords,
  keys,
  limits,
  now,
}: Parts): UseCase<sessions.SignIn, sessions.SignedIn> {
  async function check({ email, password }: sessions.SignIn, source: string): Promise<Checked> {
    const known = await store.read((tx) => findCredentials(tx, email, source))
    const takeBack = limits.signIns.begin(email, source, known?.sourceKnown === true)
    const { right, outdated } = await passwords.verify(password, known?.password).catch((error: unknown) => {
      // Too busy to look at it: that was no try.
      takeBack()
      throw error
    })
    if (!right || known === undefined || !known.emailConfirmed) throw wrong()
    takeBack()
    limits.signIns.forgive(email, source)
    return { known, stronger: outdated ? await passwords.hash(password) : undefined }
  }

  return async (request, source) => {
    const { known, stronger } = await check(request, source)
    const { userId } = known
    const nowMs = now()
    const sessionId = randomUUID()
    const tokens = await createTokens(keys.signing, { userId, sessionId }, nowMs)
    await store.transaction(async (tx) => {
      // A password that was set meanwhile has ended all sessions: none may begin with the old one.
      // Its time is its own: where a message carries no id, a sign-in is known by its user and its time.
      const atMs = await noteSignIn(tx, known, nowMs)
      if (atMs === undefined) throw wrong()
      if (stronger !== undefined) await strengthenPassword(tx, known, stronger)
      await openSession(tx, { id: sessionId, userId, nowMs: atMs, ...tokens.refresh })
      await rememberSource(tx, userId, source, nowMs)
      await bus.publish(tx, userLoggedIn, { userId, timestamp: new Date(atMs).toISOString() })
    })
    return tokens.answer
  }
}

function wrong(): Problem {
  return new Problem(401, 'The e-mail address or the password is wrong.', { headers: { 'www-authenticate': 'Bearer' } })
}
