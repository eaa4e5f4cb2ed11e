/** Password hashes: argon2id with its parameters beside the hash, so that they can rise without losing anybody. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { unavailable } from '@vestnik/service'
import { canonicalPassword } from './domain/password.ts'
import { type Cost, isOutdated, readHash, writeHash } from './domain/password-hash.ts'
import type { Derive } from './hashing-threads.ts'
import { createTurns } from './turns.ts'

export interface Passwords {
  /** The text to store for a new password. */
  hash(password: string): Promise<string>
  /**
   * Whether the password is the stored one, and whether its hash should be made anew. Without a stored hash the answer
   * is no, after the same work.
   */
  verify(password: string, stored: string | undefined): Promise<{ readonly right: boolean; readonly outdated: boolean }>
}

/** OWASP: 19 MiB, two passes, one lane. */
export const standardCost: Cost = { memoryKiB: 19 * 1024, passes: 2, lanes: 1 }

const argon2InPool = promisify(argon2)
const hashBytes = 32

export interface PasswordOptions {
  readonly cost?: Cost
  /** How many are worked on at once. */
  readonly atOnce: number
  /** Where they are worked on. @default libuv's threads */
  readonly derive?: Derive
}

/** What exceeds `atOnce` waits for its turn, and too many waiting are refused with 503. */
export function createPasswords(options: PasswordOptions): Passwords {
  const { cost = standardCost, atOnce, derive = deriveInPool } = options
  const turns = createTurns({
    atOnce,
    waiting: 500,
    refuse: () => unavailable('Too many sign-ins at once. Try again.'),
  })
  const nobody = { cost, salt: randomBytes(16), hash: randomBytes(hashBytes) }

  const work = (password: string, salt: Uint8Array, { memoryKiB, passes, lanes }: Cost): Promise<Uint8Array> =>
    turns.take(() =>
      derive({
        message: canonicalPassword(password),
        nonce: salt,
        parallelism: lanes,
        tagLength: hashBytes,
        memory: memoryKiB,
        passes,
      }),
    )

  return {
    async hash(password) {
      const salt = randomBytes(16)
      return writeHash({ cost, salt, hash: await work(password, salt, cost) })
    },
    async verify(password, stored) {
      const known = stored === undefined ? nobody : readHash(stored)
      const found = await work(password, known.salt, known.cost)
      const same = timingSafeEqual(found, known.hash)
      return { right: same && stored !== undefined, outdated: isOutdated(known.cost, cost) }
    },
  }
}

const deriveInPool: Derive = (parameters) => argon2InPool('argon2id', parameters)
