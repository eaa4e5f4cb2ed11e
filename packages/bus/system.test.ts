import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortableId, systemPorts } from './system.ts'

test('ids are UUIDs of version 7 that sort by their time', () => {
  const early = sortableId(1_000, new Uint8Array(10).fill(255))
  const late = sortableId(2_000, new Uint8Array(10))
  assert.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(early < late)
})

test('a hundred thousand ids are all different', () => {
  assert.equal(new Set(Array.from({ length: 100_000 }, systemPorts.id)).size, 100_000)
})

test('a sleep ends at its signal, and rejects nobody', async () => {
  const stop = new AbortController()
  const slept = systemPorts.sleep(60_000, stop.signal)
  stop.abort()
  await slept
})
