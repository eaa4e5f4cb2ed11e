import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError, PublishError } from '@vestnik/bus/errors'
import { startCall } from './calls.ts'

test('a call resolves when each of its messages has been stored, and not before all were named', async () => {
  const call = startCall('amqp://host')
  let resolved = false
  void call.answered.then(() => {
    resolved = true
  })
  for (const id of ['a', 'b']) {
    call.expect()
    call.answer(id, 'sent')
  }
  await Promise.resolve()
  assert.equal(resolved, false)
  call.begun()
  await call.answered
})

test('it rejects with what is in doubt and what was refused, and the first cause', async () => {
  const call = startCall('amqp://host')
  for (const _ of [1, 2, 3]) call.expect()
  call.begun()
  call.answer('a', 'sent')
  call.answer('b', 'doubtful', new BusError('BROKER_UNREACHABLE', 'it went away'))
  call.answer('c', 'UNKNOWN_TOPIC')
  await assert.rejects(call.answered, (error) => {
    assert.ok(error instanceof PublishError)
    assert.deepEqual([error.doubtful, error.refused], [['b'], [{ id: 'c', code: 'UNKNOWN_TOPIC' }]])
    assert.equal(error.message, 'publish to amqp://host: 1 refused (UNKNOWN_TOPIC), 1 in doubt: it went away')
    return true
  })
})

test('a call without messages resolves at once', async () => {
  const call = startCall('amqp://host')
  call.begun()
  await call.answered
})
