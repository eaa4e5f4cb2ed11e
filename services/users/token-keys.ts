/** The keys that access tokens are signed with: the newest signs, all of them verify until they are taken out. */
import { BusError } from '@vestnik/bus'
import { badKeys, type KeyFile, makeOnce, readKeyFile, type SigningKey, tokenAlgorithm } from '@vestnik/service'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import type { UsersConfig } from './config.ts'

export interface TokenKeys {
  readonly signing: SigningKey
  /** What `/.well-known/jwks.json` answers: the public halves. */
  readonly published: { readonly keys: readonly JWK[] }
}

const allowed = 'the path of a JWK Set of Ed25519 private keys'
const keyFile = (file: string): KeyFile => ({ variable: 'TOKEN_KEYS', file, allowed })

/** @throws BusError `BAD_CONFIG` when TOKEN_KEYS cannot be used, or is missing in production */
export async function readTokenKeys(config: UsersConfig): Promise<TokenKeys> {
  const { tokenKeysFile, madeKeysFile, production } = config
  if (tokenKeysFile !== undefined) {
    const of = keyFile(tokenKeysFile)
    return await readKeySet(of, String(await readKeyFile(of)))
  }
  if (production) {
    const why = `with NODE_ENV=production it must be ${allowed}; keys are made up in development only`
    throw new BusError('BAD_CONFIG', `TOKEN_KEYS is not set: ${why}`)
  }
  return await readKeySet(keyFile(madeKeysFile), await makeOnce(madeKeysFile, makeKeySet))
}

const keySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), d: z.string() }))
    .min(1),
})

async function readKeySet(of: KeyFile, text: string): Promise<TokenKeys> {
  try {
    const { keys } = keySet.parse(JSON.parse(text))
    const published = await Promise.all(keys.map(({ kty, crv, x }) => publicKey({ kty, crv, x })))
    const [newest] = keys
    if (newest === undefined) throw new Error('no key')
    const { kty, crv, x, d } = newest
    const privateKey = await importJWK({ kty, crv, x, d }, tokenAlgorithm)
    if (privateKey instanceof Uint8Array) throw new Error('not a key pair')
    return { signing: { kid: published[0]?.kid ?? '', privateKey }, published: { keys: published } }
  } catch {
    // The cause is left out: it may quote the file.
    throw badKeys(of, 'the file does not hold such keys')
  }
}

/** Only these members: whatever else stands in the file stays there. */
async function publicKey(key: JWK): Promise<JWK & { readonly kid: string }> {
  return { ...key, kid: await calculateJwkThumbprint(key), alg: tokenAlgorithm, use: 'sig' }
}

async function makeKeySet(): Promise<string> {
  const { privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true })
  return `${JSON.stringify({ keys: [await exportJWK(privateKey)] })}\n`
}
