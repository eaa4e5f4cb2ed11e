/** The shard of a key: fixed for ever, and even. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shardCount, shardOf } from './shard.ts'

test('the shard of a key never changes', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['', 9],
    ['a', 3],
    ['42', 4],
    ['user-1', 1],
    ['ключ', 12],
  ]
  assert.deepEqual(
    cases.map(([key]) => shardOf(Buffer.from(key))),
    cases.map(([, shard]) => shard),
  )
})

test('a part of a buffer has the shard of what stands there', () => {
  assert.equal(shardOf(Buffer.from('xuser-1y'), 1, 7), shardOf(Buffer.from('user-1')))
})

test('keys spread evenly over the shards', () => {
  const counts = new Array<number>(shardCount).fill(0)
  for (let i = 0; i < 16_000; i += 1) {
    const shard = shardOf(Buffer.from(`user-${i}`))
    counts[shard] = (counts[shard] ?? 0) + 1
  }
  assert.ok(Math.min(...counts) > 700 && Math.max(...counts) < 1300, counts.join(' '))
})
