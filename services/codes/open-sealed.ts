/** What the mailer makes of the code in a message: six digits, or the reason why nobody will ever be mailed them. */
import { permanent } from '@vestnik/bus'
import { compactDecrypt, decodeProtectedHeader } from 'jose'
import { addressHash, contentEncryption, keyAgreement, type MailKey } from './seal.ts'

/**
 * Answers the six digits of a code that is sealed, or that an existing peer sent as it is.
 * @throws BusError `PERMANENT` when it was sealed to another key, for another address, in another way, or changed
 */
export type OpenCode = (code: string, email: string) => Promise<string>

const sixDigits = /^[0-9]{6}$/
const options = {
  keyManagementAlgorithms: [keyAgreement],
  contentEncryptionAlgorithms: [contentEncryption],
  // Nothing that was compressed is opened: a few bytes could become many.
  maxDecompressedLength: 0,
}

/** The key is named by the header's `kid`, and is always one of these: none is taken from the code itself. */
export function opener(keys: readonly MailKey[]): OpenCode {
  return async (code, email) => {
    if (sixDigits.test(code)) return code
    const { kid, apv } = headerOf(code)
    const key = keys.find((one) => one.kid === kid)
    if (key === undefined) throw permanent(`open a sealed code: ${nameOf(kid)} is none of the mailer's keys`)
    // Without it the code was sealed by somebody who binds it to no address; it cannot be taken off one that has it.
    if (apv !== undefined && apv !== Buffer.from(addressHash(email)).toString('base64url')) {
      throw permanent('open a sealed code: it was sealed for another address')
    }
    const digits = await decrypt(code, key)
    if (!sixDigits.test(digits)) throw permanent('open a sealed code: there are not six digits in it')
    return digits
  }
}

function headerOf(code: string): { readonly kid?: unknown; readonly apv?: unknown } {
  try {
    return decodeProtectedHeader(code)
  } catch {
    throw permanent('open a sealed code: its header cannot be read')
  }
}

async function decrypt(code: string, { jwk }: MailKey): Promise<string> {
  try {
    const { plaintext } = await compactDecrypt(code, jwk, options)
    return new TextDecoder().decode(plaintext)
  } catch {
    // The cause is left out: it may quote the code.
    throw permanent(
      `open a sealed code: it was changed on its way, or not sealed by ${keyAgreement} and ${contentEncryption}`,
    )
  }
}

/** Whoever made the header wrote the name: only a plain one is shown. */
function nameOf(kid: unknown): string {
  return typeof kid === 'string' && /^[\w.:-]{1,128}$/.test(kid) ? `key ${kid}` : 'the key that it names'
}
