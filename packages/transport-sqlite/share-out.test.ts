/** Shards are shared out evenly, settle, and move no more than they must. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shardCount } from './shard.ts'
import { type ShardOwner, shareOut } from './share-out.ts'

const owned = (owners: readonly number[]): ShardOwner[] => owners.map((owner, shard) => ({ shard, owner }))
const all = (owner: number) => owned(new Array<number>(shardCount).fill(owner))

test('a member alone takes all', () => {
  assert.deepEqual(shareOut(1, [1], all(0)), { take: Array.from({ length: shardCount }, (_, i) => i), surplus: 0 })
})

test('a second member is given half, and takes nothing that is not free', () => {
  assert.deepEqual(shareOut(1, [1, 2], all(1)), { take: [], surplus: 8 })
  assert.deepEqual(shareOut(2, [1, 2], all(1)), { take: [], surplus: 0 })
})

test('a member that leaves gives all away and takes nothing', () => {
  assert.deepEqual(shareOut(1, [2], all(1)), { take: [], surplus: shardCount })
  assert.deepEqual(shareOut(1, [2], all(0)), { take: [], surplus: 0 })
})

test('from any start, members that take and give in turn settle on an even share', () => {
  const members = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 })
  const start = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: shardCount, maxLength: shardCount })
  fc.assert(
    fc.property(members, start, (ids, owners) => {
      let shards = owned(owners.map((owner) => (ids.includes(owner) ? owner : 0)))
      for (let round = 0; round < 4; round += 1) for (const id of ids) shards = turn(id, ids, shards)
      const counts = ids.map((id) => shards.filter((shard) => shard.owner === id).length)
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join(' '))
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        shardCount,
      )
      for (const id of ids) assert.deepEqual(shareOut(id, ids, shards), { take: [], surplus: 0 })
    }),
  )
})

function turn(me: number, members: readonly number[], shards: readonly ShardOwner[]): ShardOwner[] {
  const { take, surplus } = shareOut(me, members, shards)
  let left = surplus
  return shards.map(({ shard, owner }) => {
    if (take.includes(shard)) return { shard, owner: me }
    if (owner !== me || left === 0) return { shard, owner }
    left -= 1
    return { shard, owner: 0 }
  })
}
