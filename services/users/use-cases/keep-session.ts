/** A session after its beginning: it is renewed, asked about, and ended. */
import type { sessions, users } from '@vestnik/api'
import { type Caller, unauthorized } from '@vestnik/service'
import type { Parts } from '../parts.ts'
import { accountOfSession, addRefreshToken, endSession, findRefreshToken, useRefreshToken } from '../store/sessions.ts'
import { createTokens, refreshHash, sessionLifeMs } from '../tokens.ts'

/**
 * New tokens for a refresh token, which is used up. A second use ends the session, as one of the two was not its owner's
 * (RFC 9700); also a quick second one, by somebody whose answer was lost: nobody can tell these apart.
 */
export function createRefresh({
  store,
  keys,
  now,
}: Parts): (request: { readonly refreshToken: string }) => Promise<sessions.SignedIn> {
  return async ({ refreshToken }) => {
    const hash = refreshHash(refreshToken)
    const owner = await store.read((tx) => findRefreshToken(tx, hash))
    if (owner === undefined) throw unauthorized()
    const nowMs = now()
    const tokens = await createTokens(keys.signing, owner, nowMs)
    const { refreshHash: next, refreshExpiresMs } = tokens.refresh
    const outcome = await store.transaction(async (tx) => {
      const found = await useRefreshToken(tx, hash, nowMs, nowMs - sessionLifeMs)
      if (found === 'used') await addRefreshToken(tx, owner.sessionId, next, refreshExpiresMs)
      if (found === 'reused') await endSession(tx, owner, nowMs)
      return found
    })
    if (outcome !== 'used') throw unauthorized()
    return tokens.answer
  }
}

/** An access token outlives its session for minutes elsewhere, but not here. */
export function createOwnAccount({ store }: Parts): (caller: Caller) => Promise<users.Account> {
  return async (caller) => {
    const account = await store.read((tx) => accountOfSession(tx, caller))
    if (account === undefined) throw unauthorized()
    return account
  }
}

export function createSignOut({ store, now }: Parts): (caller: Caller) => Promise<void> {
  return async (caller) => {
    if (!(await store.transaction((tx) => endSession(tx, caller, now())))) throw unauthorized()
  }
}
