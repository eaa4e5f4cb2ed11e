/** The two tokens of a session: one that opens doors for minutes, one that renews it, once. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { sessions } from '@vestnik/api'
import { type Caller, type SigningKey, signToken, tokenLifeSeconds } from '@vestnik/service'

const dayMs = 24 * 3600 * 1000
/** Of a refresh token that nobody uses. */
export const refreshLifeMs: number = 30 * dayMs
/** Of a session, however often it is renewed: then its owner signs in again. */
export const sessionLifeMs: number = 90 * dayMs

export interface Tokens {
  readonly answer: sessions.SignedIn
  /** What is kept of the refresh token. */
  readonly refresh: { readonly refreshHash: Uint8Array; readonly refreshExpiresMs: number }
}

export async function createTokens(key: SigningKey, caller: Caller, nowMs: number): Promise<Tokens> {
  // 256 random bits: opaque, and too many to guess, so a plain hash protects it at rest.
  const refreshToken = randomBytes(32).toString('base64url')
  const accessToken = await signToken(key, caller, randomUUID(), nowMs)
  return {
    answer: { accessToken, refreshToken, tokenType: 'Bearer', expiresIn: tokenLifeSeconds },
    refresh: { refreshHash: refreshHash(refreshToken), refreshExpiresMs: nowMs + refreshLifeMs },
  }
}

/** The form in which a refresh token is stored. */
export const refreshHash = (token: string): Buffer => createHash('sha256').update(token).digest()
