/** What signing in answers, and the secret that a session is renewed with. */
import { createHash, randomBytes } from 'node:crypto'
import { tokenLifeSeconds } from '@vestnik/service'

export interface SignedIn {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  /** Life of the access token, in seconds. */
  readonly expiresIn: number
}

export const refreshLifeMs: number = 30 * 24 * 3600 * 1000

/** 256 random bits: opaque, and too many to guess, so a plain hash protects it at rest. */
export const newRefreshToken = (): string => randomBytes(32).toString('base64url')

/** The form in which a refresh token is stored. */
export const refreshHash = (token: string): Buffer => createHash('sha256').update(token).digest()

export function signedIn(accessToken: string, refreshToken: string): SignedIn {
  return { accessToken, refreshToken, tokenType: 'Bearer', expiresIn: tokenLifeSeconds }
}
