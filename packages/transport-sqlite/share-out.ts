/** How the shards of a group are shared out among its members: evenly, with as few moves as possible. */
import { shardCount } from './shard.ts'

export interface ShardOwner {
  readonly shard: number
  /** 0: nobody's, or of a member whose lease is over. */
  readonly owner: number
}

export interface Share {
  /** Free shards to take now. */
  readonly take: readonly number[]
  /** How many to give away when they are quiet. */
  readonly surplus: number
}

/**
 * What one member does so that all hold as many shards as any other, give or take one. `members` are those that live
 * and stay. Who holds most already keeps the larger share, so that nothing moves without need.
 */
export function shareOut(me: number, members: readonly number[], shards: readonly ShardOwner[]): Share {
  if (!members.includes(me)) return { take: [], surplus: shards.filter((shard) => shard.owner === me).length }
  const held = new Map(members.map((member) => [member, 0]))
  for (const { owner } of shards) {
    const count = held.get(owner)
    if (count !== undefined) held.set(owner, count + 1)
  }
  const quota = quotaOf(me, held)
  const mine = held.get(me) ?? 0
  const free = shards.filter((shard) => !held.has(shard.owner) && shard.owner === 0).map((shard) => shard.shard)
  return { take: free.slice(0, Math.max(0, quota - mine)), surplus: Math.max(0, mine - quota) }
}

function quotaOf(me: number, held: ReadonlyMap<number, number>): number {
  const ranked = [...held].sort(([a, aHeld], [b, bHeld]) => bHeld - aHeld || a - b)
  const rank = ranked.findIndex(([member]) => member === me)
  return Math.floor(shardCount / held.size) + (rank < shardCount % held.size ? 1 : 0)
}
