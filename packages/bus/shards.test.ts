/** How the processes of a service share the shards of an outbox, by what stands in the table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease } from './lease.ts'
import { leaseMs, type Plan, planShards } from './shards.ts'

test('who is alone takes all', () => {
  assert.deepEqual(plan([], 'anna').hold, range(0, 16))
})

test('a newcomer takes nothing that is held, and whoever holds more than a share gives up the rest', () => {
  const rows = [...leases(range(0, 16), 'anna'), member('bert')]
  assert.deepEqual(plan(rows, 'bert').hold, [])
  assert.deepEqual(plan(rows, 'anna').hold, range(0, 8))
  assert.deepEqual(plan(rows, 'anna').giveUp, range(8, 16))
})

test('what was given up is taken by the one who has less than a share', () => {
  const rows = [...leases(range(0, 8), 'anna'), ...leases(range(8, 16), 'anna', 0), member('bert')]
  assert.deepEqual(plan(rows, 'bert').hold, range(8, 16))
  assert.deepEqual(plan(rows, 'anna').hold, range(0, 8), 'who gave it up does not take it again')
})

test('the shards of one who died are shared by those who live', () => {
  const rows = [...leases(range(0, 6), 'anna'), ...leases(range(6, 12), 'bert'), ...leases(range(12, 16), 'carl', -1)]
  assert.deepEqual(plan(rows, 'anna').hold, [...range(0, 6), 12, 13])
  assert.deepEqual(plan(rows, 'bert').hold, [...range(6, 12), 12, 13])
})

test('with more processes than shards some have none, and none has two', () => {
  const rows = range(0, 20).map((i) => member(`member ${i}`))
  assert.equal(plan(rows, 'anna').hold.length, 1)
})

test('it is looked again when a lease of another may be over, and when half of our own is', () => {
  assert.equal(plan(leases([0], 'bert', 300), 'anna').dueAt, now + 300)
  assert.equal(plan(leases([0], 'anna', 300), 'anna').dueAt, now + leaseMs / 2)
})

test('members that have been silent for long are forgotten, shards never', () => {
  const rows = [...leases([0], 'bert', -100_000), member('bert', -100_000), member('carl', -1)]
  assert.deepEqual(plan(rows, 'anna').silent, ['relay x/by bert'])
})

const now = 1_000_000
const plan = (rows: readonly Lease[], owner: string): Plan =>
  planShards(rows, { beginning: 'relay x/', owner, count: 16 }, now)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const lease = (name: string, owner: string, ms: number): Lease => ({ name, owner, epoch: 1, until: ms && now + ms })
const leases = (shards: readonly number[], owner: string, ms = 1_500) =>
  shards.map((shard) => lease(`relay x/${shard}`, owner, ms))
const member = (owner: string, ms = 1_500) => lease(`relay x/by ${owner}`, owner, ms)
