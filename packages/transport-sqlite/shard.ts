/** Which of a group's 16 shards a key belongs to. Never change it: what waits in a file is shared out by it. */

/** How many shards each group has: the most members of one group that can read side by side. */
export const shardCount = 16

/** The shard of a key, given as UTF-8 bytes (FNV-1a, folded to four bits). */
export function shardOf(bytes: Uint8Array, start: number = 0, end: number = bytes.length): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  hash ^= hash >>> 16
  hash ^= hash >>> 8
  return (hash ^ (hash >>> 4)) & (shardCount - 1)
}
