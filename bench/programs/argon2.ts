/** Hashes passwords with nothing around it: so many at once, one after another. */
import { argon2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { standardCost } from '../../services/users/passwords.ts'
import { password } from '../harness/people.ts'
import { readInput, report } from '../harness/program.ts'

const { atOnce, warmSeconds, seconds } = readInput<{ atOnce: number; warmSeconds: number; seconds: number }>()
const derive = promisify(argon2)
const from = performance.now() + warmSeconds * 1000
const until = from + seconds * 1000
let hashed = 0

await Promise.all(Array.from({ length: atOnce }, keepHashing))
report({ perSecond: hashed / seconds })

async function keepHashing(): Promise<void> {
  const { memoryKiB: memory, passes, lanes: parallelism } = standardCost
  while (performance.now() < until) {
    await derive('argon2id', { message: password, nonce: randomBytes(16), parallelism, tagLength: 32, memory, passes })
    const now = performance.now()
    if (now >= from && now < until) hashed += 1
  }
}
