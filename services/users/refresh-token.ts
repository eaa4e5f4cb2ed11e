/** The secret that a session is renewed with. */
import { createHash, randomBytes } from 'node:crypto'

export const refreshLifeMs: number = 30 * 24 * 3600 * 1000

/** 256 random bits: opaque, and too many to guess, so a plain hash protects it at rest. */
export const newRefreshToken = (): string => randomBytes(32).toString('base64url')

/** The form in which a refresh token is stored. */
export const refreshHash = (token: string): Buffer => createHash('sha256').update(token).digest()
