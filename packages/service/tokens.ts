/** Access tokens: signed by the users service, verified by every service that is asked for something of a user. */
import type { KeyObject } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { Problem, unavailable } from './problem.ts'

/** Whom a token speaks for. */
export interface Caller {
  /** A positive integer. */
  readonly userId: number
  readonly sessionId: string
}

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject | CryptoKey
}

/** The one algorithm: what a token's header says of algorithm or key changes nothing (RFC 8725). */
export const tokenAlgorithm = 'EdDSA'
export const tokenLifeSeconds = 900

const issuer = 'vestnik-users'
const audience = 'vestnik'
const type = 'at+jwt'

/** A token (RFC 9068) that is valid for `tokenLifeSeconds`. */
export async function signToken(key: SigningKey, caller: Caller, id: string, nowMs: number): Promise<string> {
  const seconds = Math.floor(nowMs / 1000)
  return await new SignJWT({ sid: caller.sessionId })
    .setProtectedHeader({ alg: tokenAlgorithm, kid: key.kid, typ: type })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(String(caller.userId))
    .setJti(id)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + tokenLifeSeconds)
    .sign(key.privateKey)
}

export type VerifyToken = (authorization: string | undefined) => Promise<Caller>

type Keys = Parameters<typeof jwtVerify>[1]

const betweenFetchesMs = 1000

/**
 * Reads an `Authorization` header. Keys are fetched when they are needed, kept, and fetched again for an unknown `kid`,
 * once a second at most; whoever asks sooner waits for it. So a new key is known as soon as tokens are signed with it.
 * Rejects with Problem 401, or 503 when the keys cannot be had: a good token is never called bad.
 */
export function tokenVerifier(jwksUrl: URL): VerifyToken {
  const keys = createRemoteJWKSet(jwksUrl, { timeoutDuration: 3000, cooldownDuration: betweenFetchesMs })
  return verifierOf(async (header, token) => {
    const fetchedJustNow = keys.coolingDown
    try {
      return await keys(header, token)
    } catch (error) {
      if (!fetchedJustNow || !(error instanceof errors.JWKSNoMatchingKey)) throw error
      // Anybody can have the keys fetched just before a new one signs. A tenth more: a timer may end early.
      await pause(betweenFetchesMs * 1.1)
      return await keys(header, token)
    }
  })
}

export function verifierOf(keys: Keys): VerifyToken {
  return async (authorization) => {
    const token = /^Bearer ([A-Za-z0-9._-]{1,2048})$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw unauthorized()
    const options = { algorithms: [tokenAlgorithm], issuer, audience, typ: type, requiredClaims: ['exp', 'sub', 'sid'] }
    try {
      const { payload } = await jwtVerify(token, keys as Exclude<Keys, CryptoKey>, options)
      return callerOf(payload)
    } catch (error) {
      throw problemOfToken(error)
    }
  }
}

/** The same for every reason. */
export function unauthorized(cause?: unknown): Problem {
  return new Problem(401, 'A valid access token is needed.', { headers: { 'www-authenticate': 'Bearer' }, cause })
}

function callerOf({ sub, sid }: JWTPayload): Caller {
  if (typeof sub !== 'string' || !/^[1-9][0-9]{0,14}$/.test(sub) || typeof sid !== 'string') throw unauthorized()
  return { userId: Number(sub), sessionId: sid }
}

function problemOfToken(error: unknown): Problem {
  if (error instanceof Problem) return error
  const unreachable = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout
  // jose's plain JOSEError is the answer of a key endpoint that is not 200, or not JSON.
  if (unreachable || error.code === 'ERR_JOSE_GENERIC' || error instanceof errors.JWKSInvalid) {
    return unavailable('The keys that verify tokens cannot be read now. Try again.', error)
  }
  return unauthorized(error)
}
