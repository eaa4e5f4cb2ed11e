import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError, PublishError } from '@vestnik/bus/errors'
import { startCall } from './calls.ts'

test('a call resolves when each of its messages has been stored, and not before', async () => {
  const call = startCall('amqp://host', 2)
  let resolved = false
  void call.answered.then(() => {
    resolved = true
  })
  call.answer('a', 'sent')
  await Promise.resolve()
  assert.equal(resolved, false)
  call.answer('b', 'sent')
  await call.answered
})

test('it rejects with what is in doubt and what was refused, and the first cause', async () => {
  const call = startCall('amqp://host', 4)
  const cause = new BusError('BROKER_UNREACHABLE', 'it went away')
  call.answer('a', 'sent')
  call.answer('b', 'doubtful', cause)
  call.answer('c', 'UNKNOWN_TOPIC')
  call.answer('d', 'doubtful', new BusError('BROKER_REFUSED', 'told later'))
  await assert.rejects(call.answered, (error) => {
    assert.ok(error instanceof PublishError)
    assert.deepEqual([error.doubtful, error.refused], [['b', 'd'], [{ id: 'c', code: 'UNKNOWN_TOPIC' }]])
    assert.equal(error.message, 'publish to amqp://host: 1 refused (UNKNOWN_TOPIC), 2 in doubt: it went away')
    assert.equal(error.cause, cause)
    return true
  })
})

test('a call without messages resolves at once', async () => {
  await startCall('amqp://host', 0).answered
})
