/** The machine's own ports: the one file of the bus that knows a clock, chance and timers. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ports } from './ports.ts'

export const systemPorts: Ports = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal && { signal }).catch(() => undefined),
  random: () => Math.random(),
  id: () => sortableId(Date.now(), randomTail()),
  crash: () => {},
}

/** A UUID version 7 (RFC 9562): 48 bits of milliseconds, then 74 bits of chance. */
export function sortableId(now: number, chance: Uint8Array): string {
  const time = now.toString(16).padStart(12, '0')
  const tail = Buffer.from(chance)
  tail[0] = 0x70 | ((tail[0] ?? 0) & 0x0f)
  tail[2] = 0x80 | ((tail[2] ?? 0) & 0x3f)
  const hex = tail.toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8)}`
}

const poolSize = 10 * 400
let pool = randomBytes(poolSize)
let used = 0

/** Ten bytes of the system's randomness, drawn in batches: a call for each id costs more than all the rest of it. */
function randomTail(): Uint8Array {
  if (used === poolSize) {
    pool = randomBytes(poolSize)
    used = 0
  }
  used += 10
  return pool.subarray(used - 10, used)
}
