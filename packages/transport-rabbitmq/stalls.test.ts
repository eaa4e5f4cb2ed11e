import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchStalls } from './stalls.ts'

const block = (ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test('a process that stood still for longer than the limit is told so, once', () => {
  const stalls = watchStalls(400)
  block(20)
  assert.equal(stalls.hasStalled(), false)
  block(450)
  assert.equal(stalls.hasStalled(), true)
  assert.equal(stalls.hasStalled(), false)
  stalls.close()
})
