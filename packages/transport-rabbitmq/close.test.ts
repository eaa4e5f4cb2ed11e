import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { type Closable, closed } from './close.ts'

const never = new Promise<void>(() => {})

function closable(close: () => Promise<void>): Closable & EventEmitter {
  return Object.assign(new EventEmitter(), { close })
}

test('a close that is answered has ended, and leaves no listener', async () => {
  const one = closable(async () => {})
  await closed(one, () => assert.fail('it was answered'))
  assert.equal(one.listenerCount('close'), 0)
})

test('a close whose socket is lost meanwhile ends with it, though it is never answered', async () => {
  const one = closable(() => never)
  const closing = closed(one, () => assert.fail('it ended'))
  one.emit('close')
  await closing
})

test('a close that nobody answers ends all the same, and that is told', async () => {
  let told = 0
  await closed(
    closable(() => never),
    () => {
      told += 1
    },
  )
  assert.equal(told, 1)
})

test('what was closed already is closed', async () => {
  await closed(closable(() => Promise.reject(new Error('Channel closed'))))
})
