/** No more than so many at once, the others in order, too many refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from './turns.ts'

test('at most so many run at once, and the others come in order', async () => {
  const turns = createTurns({ atOnce: 2, waiting: 100, refuse: () => new Error('too many') })
  const order: number[] = []
  let running = 0
  let most = 0
  const work = (i: number) => async () => {
    running += 1
    most = Math.max(most, running)
    order.push(i)
    await new Promise(setImmediate)
    running -= 1
    if (i % 3 === 0) throw new Error('failed')
  }
  await Promise.allSettled(Array.from({ length: 20 }, (_, i) => turns.take(work(i))))
  assert.equal(most, 2)
  assert.deepEqual(
    order,
    Array.from({ length: 20 }, (_, i) => i),
  )
})

test('who comes too many is refused at once, and the others are served', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 1, refuse: () => new Error('too many') })
  const gate = Promise.withResolvers<string>()
  const first = turns.take(() => gate.promise)
  const second = turns.take(async () => 'second')
  await assert.rejects(
    turns.take(async () => 'third'),
    /too many/,
  )
  gate.resolve('first')
  assert.deepEqual(await Promise.all([first, second]), ['first', 'second'])
})
