/** A code on its way to the mailer: sealed, so that outbox, broker, dead letters and console show nothing of it. */
import { createHash } from 'node:crypto'
import { CompactEncrypt, type JWK } from 'jose'
import type { SealCode } from './codes.ts'

/** The one pair of algorithms: what a sealed code's header says of another is refused. */
export const keyAgreement = 'ECDH-ES'
export const contentEncryption = 'A256GCM'

/** A key of the mailer: only the members that its kind has, and the name by which headers call it. */
export interface MailKey {
  readonly kid: string
  readonly jwk: JWK
}

/**
 * Seals six digits as a compact JWE for the holder of the private half. All that one key seals have the same length,
 * at most 1 KiB, and `apv` (RFC 7518) in the header binds each to its address.
 */
export function sealer({ kid, jwk }: MailKey): SealCode {
  return async (digits, email) =>
    await new CompactEncrypt(new TextEncoder().encode(digits))
      .setProtectedHeader({ alg: keyAgreement, enc: contentEncryption, kid })
      .setKeyManagementParameters({ apv: addressHash(email) })
      .encrypt(jwk)
}

/** Stands for an address, in any case, in a header. */
export function addressHash(email: string): Uint8Array {
  return createHash('sha256').update(email.toLowerCase()).digest()
}
