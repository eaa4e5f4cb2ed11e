/** Which partition a key belongs to: every publisher of every process, and Java's, agree on it for good. Pure. */

/** As Java's default partitioner: murmur2 of the key's bytes, without its sign. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

const seed = 0x9747b28c
const mix = 0x5bd1e995

/** MurmurHash2 in 32 bits, with Kafka's seed. */
export function murmur2(data: Uint8Array): number {
  const { length } = data
  const byte = (at: number): number => data[at] ?? 0
  const whole = length - (length % 4)
  let hash = seed ^ length
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24), mix)
    word ^= word >>> 24
    hash = Math.imul(hash, mix) ^ Math.imul(word, mix)
  }
  const rest = length - whole
  if (rest >= 3) hash ^= byte(whole + 2) << 16
  if (rest >= 2) hash ^= byte(whole + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ byte(whole), mix)
  hash ^= hash >>> 13
  hash = Math.imul(hash, mix)
  return hash ^ (hash >>> 15)
}
