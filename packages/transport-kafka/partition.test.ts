/** Keys are where every other client of Kafka looks for them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, partitionOf } from './partition.ts'

test('the hash is that of Kafka itself', () => {
  // From the tests of Kafka's own clients.
  const known: Readonly<Record<string, number>> = {
    '21': -973_932_308,
    foobar: -790_332_482,
    'a-little-bit-long-string': -985_981_536,
    'a-little-bit-longer-string': -1_486_304_829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58_897_971,
    abc: 479_470_107,
  }
  for (const [text, hash] of Object.entries(known)) assert.equal(murmur2(Buffer.from(text)), hash, text)
})

test('a partition is one of those that there are, for keys of every length and sign', () => {
  for (const partitions of [1, 2, 3, 7, 12, 1000]) {
    for (let length = 0; length < 40; length += 1) {
      const partition = partitionOf(Buffer.alloc(length, 'ключ'), partitions)
      assert.ok(Number.isInteger(partition) && partition >= 0 && partition < partitions, `${partition}`)
    }
  }
  // Its hash is negative: its sign is cleared, not its value.
  assert.equal(partitionOf(Buffer.from('21'), 1000), (-973_932_308 & 0x7fffffff) % 1000)
})

test('a key inside a larger buffer is read where it stands', () => {
  const whole = Buffer.from('--foobar--')
  assert.equal(murmur2(whole.subarray(2, 8)), murmur2(Buffer.from('foobar')))
})
