/** Signing in: the session and the message that tells of it are one commit. */
import { randomUUID } from 'node:crypto'
import type { sessions } from '@vestnik/api'
import { userLoggedIn } from '@vestnik/contracts'
import { Problem, signToken, tokenLifeSeconds } from '@vestnik/service'
import type { Parts } from '../parts.ts'
import { newRefreshToken, refreshHash, refreshLifeMs } from '../refresh-token.ts'
import { type Credentials, findCredentials, strengthenPassword } from '../store/accounts.ts'
import { openSession } from '../store/sessions.ts'

/** Rejects with the same Problem 401, after the same work, for an unknown address and a wrong password. */
export function createSignIn({
  store,
  bus,
  passwords,
  keys,
  now,
}: Parts): (request: sessions.SignIn) => Promise<sessions.SignedIn> {
  /** The account, and the stronger hash to keep where the stored one has become too weak. */
  async function check({
    email,
    password,
  }: sessions.SignIn): Promise<{ known: Credentials; stronger: string | undefined }> {
    const known = await store.read((tx) => findCredentials(tx, email))
    const { right, outdated } = await passwords.verify(password, known?.password)
    if (!right || known === undefined) throw wrong()
    return { known, stronger: outdated ? await passwords.hash(password) : undefined }
  }

  return async (request) => {
    const { known, stronger } = await check(request)
    const { userId } = known
    const nowMs = now()
    const sessionId = randomUUID()
    const refreshToken = newRefreshToken()
    const accessToken = await signToken(keys.signing, { userId, sessionId }, randomUUID(), nowMs)
    await store.transaction(async (tx) => {
      if (stronger !== undefined) await strengthenPassword(tx, known, stronger)
      await openSession(tx, {
        id: sessionId,
        userId,
        refreshHash: refreshHash(refreshToken),
        refreshExpiresMs: nowMs + refreshLifeMs,
        nowMs,
      })
      await bus.publish(tx, userLoggedIn, { userId, timestamp: new Date(nowMs).toISOString() })
    })
    return { accessToken, refreshToken, tokenType: 'Bearer', expiresIn: tokenLifeSeconds }
  }
}

function wrong(): Problem {
  return new Problem(401, 'The e-mail address or the password is wrong.', { headers: { 'www-authenticate': 'Bearer' } })
}
