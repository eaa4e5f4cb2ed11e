/** The keys of one-time codes, as the variables name them; in development they are made once, by whoever starts first. */
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { BusError } from '@vestnik/bus'
import {
  badKeys,
  type Environment,
  fields,
  type KeyFile,
  makeOnce,
  readKeyFile,
  readVariables,
  type ServiceConfig,
} from '@vestnik/service'
import type { SealCode } from './codes.ts'
import { makePrivateKey, publicText, readPrivateKeys, readPublicKey } from './key-files.ts'
import { type OpenCode, opener } from './open-sealed.ts'
import { type MailKey, sealer } from './seal.ts'

/** What a service needs that makes codes. */
export interface CodeKeys {
  /** Codes at rest are keyed hashes under it; each service has its own, also where one file is named for several. */
  readonly hmacKey: KeyObject
  readonly seal: SealCode
}

type Place = Pick<ServiceConfig, 'dataDir' | 'production'>

const kinds = 'a JWK or a JWK Set, X25519 or P-256, newest first'
const allowedPublic = `the path of the mailer's public key: ${kinds}`
const allowedPrivate = `the path of the mailer's private keys: ${kinds}`
const allowedHmac = 'the path of a file with at least 32 random bytes'

/**
 * Reads `MAIL_PUBLIC_KEY`, `CODE_HMAC_KEY` and `MAIL_CODE_PLAIN`.
 * @throws BusError `BAD_CONFIG` when one cannot be used, or is missing in production; `FILE_UNUSABLE`
 */
export async function readCodeKeys(service: string, environment: Environment, place: Place): Promise<CodeKeys> {
  const variables = readKeyVariables(environment)
  const bytes = await readHmacBytes(service, variables.CODE_HMAC_KEY, place)
  const hmacKey = createSecretKey(
    Buffer.from(hkdfSync('sha256', bytes, '', `vestnik one-time codes of ${service}`, 32)),
  )
  if (variables.MAIL_CODE_PLAIN === 'yes') return { hmacKey, seal: async (digits) => digits }
  return { hmacKey, seal: sealer(await readSealingKey(variables, place)) }
}

/**
 * For the mailer: reads `MAIL_PRIVATE_KEY`. It opens what was sealed to any of its keys, so that they can be changed
 * while messages are on their way. With `MAIL_CODE_PLAIN=yes` it may have none.
 * @throws BusError `BAD_CONFIG` when it cannot be used, or is missing in production; `FILE_UNUSABLE`
 */
export async function readOpenCode(environment: Environment, place: Place): Promise<OpenCode> {
  const { MAIL_PRIVATE_KEY, MAIL_PUBLIC_KEY, MAIL_CODE_PLAIN } = readKeyVariables(environment)
  if (MAIL_PRIVATE_KEY !== undefined) {
    const of = privateFile(MAIL_PRIVATE_KEY)
    return opener(await readPrivateKeys(of, String(await readKeyFile(of))))
  }
  if (MAIL_CODE_PLAIN === 'yes') return opener([])
  refuseMadeUp('MAIL_PRIVATE_KEY', allowedPrivate, place)
  refuseHalf('MAIL_PRIVATE_KEY', allowedPrivate, { MAIL_PUBLIC_KEY })
  return opener(await madePrivateKeys(place))
}

function readKeyVariables(environment: Environment) {
  return readVariables(environment, {
    MAIL_PUBLIC_KEY: fields.optionalPath(),
    MAIL_PRIVATE_KEY: fields.optionalPath(),
    CODE_HMAC_KEY: fields.optionalPath(),
    MAIL_CODE_PLAIN: fields.oneOf(['yes', 'no']),
  })
}

async function readSealingKey(
  { MAIL_PUBLIC_KEY, MAIL_PRIVATE_KEY }: ReturnType<typeof readKeyVariables>,
  place: Place,
): Promise<MailKey> {
  if (MAIL_PUBLIC_KEY !== undefined) {
    const of = publicFile(MAIL_PUBLIC_KEY)
    return await readPublicKey(of, String(await readKeyFile(of)))
  }
  refuseMadeUp('MAIL_PUBLIC_KEY', allowedPublic, place)
  refuseHalf('MAIL_PUBLIC_KEY', allowedPublic, { MAIL_PRIVATE_KEY })
  const file = join(place.dataDir, 'keys', 'mail-public-key.json')
  const text = await makeOnce(file, async () => publicText(await madePrivateKeys(place)))
  return await readPublicKey(publicFile(file), text)
}

/** The public half is made of this file alone: two processes that start at once agree on the pair. */
async function madePrivateKeys({ dataDir }: Place): Promise<readonly MailKey[]> {
  const file = join(dataDir, 'keys', 'mail-private-key.json')
  return await readPrivateKeys(privateFile(file), await makeOnce(file, makePrivateKey))
}

async function readHmacBytes(service: string, named: string | undefined, place: Place): Promise<Buffer> {
  const file = named ?? join(place.dataDir, 'keys', `${service}-code-hmac-key`)
  const of = { variable: 'CODE_HMAC_KEY', file, allowed: allowedHmac }
  if (named === undefined) {
    refuseMadeUp(of.variable, allowedHmac, place)
    await makeOnce(file, async () => `${randomBytes(32).toString('base64url')}\n`)
  }
  const bytes = await readKeyFile(of)
  if (bytes.length < 32) throw badKeys(of, 'the file is shorter')
  return bytes
}

const publicFile = (file: string): KeyFile => ({ variable: 'MAIL_PUBLIC_KEY', file, allowed: allowedPublic })
const privateFile = (file: string): KeyFile => ({ variable: 'MAIL_PRIVATE_KEY', file, allowed: allowedPrivate })

function refuseMadeUp(variable: string, allowed: string, { production }: Place): void {
  if (!production) return
  const why = 'keys are made up in development only'
  throw new BusError('BAD_CONFIG', `${variable} is not set: with NODE_ENV=production it must be ${allowed}; ${why}`)
}

/** A pair of which one half is named and the other made up would open nothing. */
function refuseHalf(variable: string, allowed: string, other: Readonly<Record<string, string | undefined>>): void {
  for (const [name, file] of Object.entries(other)) {
    if (file === undefined) continue
    throw new BusError(
      'BAD_CONFIG',
      `${variable} is not set: it must be ${allowed}; ${name} is set, and they are a pair`,
    )
  }
}
