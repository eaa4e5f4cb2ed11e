/** The files of the mailer's keys: a JWK or a JWK Set, newest first. No error quotes what stands in them. */
import { badKeys, type KeyFile } from '@vestnik/service'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'
import { opener } from './open-sealed.ts'
import { keyAgreement, type MailKey, sealer } from './seal.ts'

/**
 * The public key that codes are sealed to: the first of the file.
 * @throws BusError `BAD_CONFIG`, also when there is a private key in the file
 */
export async function readPublicKey(of: KeyFile, text: string): Promise<MailKey> {
  const [newest] = await readKeys(of, text, publicKey)
  if (newest === undefined) throw badKeys(of, 'there is no key in the file')
  await tryKey(of, () => sealer(newest)('000000', ''))
  return newest
}

/**
 * Every private key of the file, each tried once.
 * @throws BusError `BAD_CONFIG`
 */
export async function readPrivateKeys(of: KeyFile, text: string): Promise<readonly MailKey[]> {
  const keys = await readKeys(of, text, privateKey)
  for (const key of keys) {
    await tryKey(of, async () => opener([key])(await sealer({ kid: key.kid, jwk: publicHalf(key) })('000000', ''), ''))
  }
  return keys
}

/** The text of a file with one new private key. */
export async function makePrivateKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(keyAgreement, { crv: 'X25519', extractable: true })
  return `${JSON.stringify(await exportJWK(privateKey))}\n`
}

/** The text of a file with the public half of the newest key. */
export function publicText(keys: readonly MailKey[]): string {
  const [newest] = keys
  return `${JSON.stringify(newest === undefined ? {} : { ...publicHalf(newest), kid: newest.kid })}\n`
}

const kid = z.string().min(1).max(128).optional()
const member = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const okp = { kty: z.literal('OKP'), crv: z.literal('X25519'), x: member, kid }
const ec = { kty: z.literal('EC'), crv: z.literal('P-256'), x: member, y: member, kid }
/** Whoever seals codes must not be able to open them. */
const publicKey = z.looseObject({ d: z.never().optional() }).pipe(z.union([z.object(okp), z.object(ec)]))
const privateKey = z.union([z.object({ ...okp, d: member }), z.object({ ...ec, d: member })])

async function readKeys(
  of: KeyFile,
  text: string,
  schema: typeof publicKey | typeof privateKey,
): Promise<readonly MailKey[]> {
  const read = z.union([z.object({ keys: z.array(schema).min(1) }), schema]).safeParse(parse(text))
  // The reasons are left out: they may quote the file.
  if (!read.success) throw badKeys(of, 'the file does not hold such a key')
  const found = 'keys' in read.data ? read.data.keys : [read.data]
  return await Promise.all(
    found.map(async ({ kid, ...jwk }) => ({ kid: kid ?? (await calculateJwkThumbprint(jwk)), jwk })),
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function publicHalf({ jwk: { d: _, ...jwk } }: MailKey): MailKey['jwk'] {
  return jwk
}

async function tryKey(of: KeyFile, work: () => Promise<string>): Promise<void> {
  try {
    await work()
  } catch {
    throw badKeys(of, 'a key in the file cannot be used')
  }
}
