import assert from 'node:assert/strict'
import { test } from 'node:test'
import { excess } from './share.ts'

const never = 1
const now = 0

test('who is alone gives nothing away', () => {
  assert.equal(excess(12, 12, 1, now), 0)
  assert.equal(excess(12, 12, 0, now), 0)
})

test('who has more than a fair share gives the rest away', () => {
  assert.equal(excess(12, 12, 2, never), 6)
  assert.equal(excess(12, 12, 5, never), 9)
  assert.equal(excess(4, 12, 3, now), 0)
})

test('where shares cannot be equal, one queue is passed on now and then', () => {
  assert.equal(excess(2, 4, 3, never), 0)
  assert.equal(excess(2, 4, 3, now), 1)
  assert.equal(excess(1, 4, 3, now), 0)
  assert.equal(excess(0, 2, 3, now), 0)
})

test('whoever takes what is given away, all come to have a share', () => {
  for (const [queues, members] of [
    [12, 3],
    [12, 5],
    [4, 3],
    [3, 5],
  ] as const) {
    const owners = Array.from({ length: queues }, () => 0)
    const seen = new Set<number>()
    for (let round = 0; round < 3000; round += 1) {
      const own = round % members
      const held = owners.flatMap((owner, queue) => (owner === own ? [queue] : []))
      for (const queue of held.slice(0, excess(held.length, queues, members, (round % 31) / 31))) {
        owners[queue] = (own + 1) % members
      }
      if (round > 100) for (const owner of owners) seen.add(owner)
    }
    assert.equal(seen.size, Math.min(members, seen.size))
    assert.ok(seen.size >= Math.min(members, queues), `${queues} queues, ${members} members: ${seen.size} had one`)
  }
})
