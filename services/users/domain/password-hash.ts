/** A stored password hash as text, in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. */

export interface Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

export interface PasswordHash {
  readonly cost: Cost
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

export function writeHash({ cost, salt, hash }: PasswordHash): string {
  return `$argon2id$v=19$m=${cost.memoryKiB},t=${cost.passes},p=${cost.lanes}$${encode(salt)}$${encode(hash)}`
}

/** @throws Error when the text is not such a hash: the row was not written by this program */
export function readHash(stored: string): PasswordHash {
  const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
  const [, memoryKiB, passes, lanes, salt, hash] = form.exec(stored) ?? []
  if (salt === undefined || hash === undefined) throw new Error('read a password hash: it is not in the PHC format')
  const cost = { memoryKiB: Number(memoryKiB), passes: Number(passes), lanes: Number(lanes) }
  return { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

/** Whether a hash of this cost should be made anew at the next sign-in. */
export function isOutdated(cost: Cost, wanted: Cost): boolean {
  return cost.memoryKiB < wanted.memoryKiB || cost.passes < wanted.passes || cost.lanes !== wanted.lanes
}

/** PHC strings carry base64 without padding. */
const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
