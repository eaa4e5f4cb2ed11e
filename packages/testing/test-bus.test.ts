import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contract, on, permanent } from '@vestnik/bus'
import { z } from 'zod'
import { openTestBus } from './index.ts'

const greeting = contract('greeting.said', {
  schema: z.object({ to: z.string() }),
  key: ({ to }) => to,
  groups: ['listener'],
  retry: { attempts: 3, firstDelayMs: 60_000, maxDelayMs: 600_000 },
})

test('settled moves the clock through retries, without waiting', async () => {
  const heard: string[] = []
  let failures = 2
  const listener = on(greeting, 'listener', async ({ to }) => {
    if (failures-- > 0) throw new Error('not now')
    heard.push(to)
  })
  await using bus = await openTestBus({ handlers: [listener] })
  const start = bus.clock.now()

  await bus.store.transaction((tx) => bus.publish(tx, greeting, { to: 'Anna' }))
  await bus.settled()

  assert.deepEqual(heard, ['Anna'])
  assert.ok(bus.clock.now() - start >= 60_000, 'the clock has moved over both delays')
})

test('a delayed message has no effect before the test moves the clock to its time', async () => {
  const heard: string[] = []
  await using bus = await openTestBus({ handlers: [on(greeting, 'listener', ({ to }) => void heard.push(to))] })
  const notBefore = bus.clock.now() + 3_600_000

  await bus.store.transaction((tx) => bus.publish(tx, greeting, { to: 'Boris' }, { notBefore }))
  await bus.advance(3_599_000)
  assert.deepEqual(heard, [])
  await bus.advance(2_000)
  assert.deepEqual(heard, ['Boris'])
})

test('a dead letter is there to be looked at and replayed', async () => {
  let broken = true
  const listener = on(greeting, 'listener', () => {
    if (broken) throw permanent('the listener is deaf')
  })
  await using bus = await openTestBus({ handlers: [listener] })
  await bus.store.transaction((tx) => bus.publish(tx, greeting, { to: 'Vera' }))
  await bus.settled()

  const [letter] = await bus.operations.listDead()
  assert.equal(letter?.errorMessage, 'the listener is deaf')
  broken = false
  await bus.operations.replay(letter, { who: 'test', revision: letter.revision })
  await bus.settled()
  await bus.advance(1_000)
  assert.deepEqual(await bus.operations.listDead(), [])
})
