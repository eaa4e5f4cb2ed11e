/** Turns are taken one after another. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { takeTurn } from './turn.ts'

test('whoever comes second waits until the first has ended its turn, and not for ever', async () => {
  const name = `test-${randomUUID()}`
  const endFirst = await takeTurn(name, 10_000)
  await assert.rejects(takeTurn(name, 0), /another has had its turn/)
  const second = takeTurn(name, 10_000)
  endFirst()
  const endSecond = await second
  endSecond()
})
