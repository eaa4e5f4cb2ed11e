import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus/errors'
import { namesFor, partitionOf } from './names.ts'
import { readSettings } from './options.ts'

test('a URL names host, port, user and virtual host, each with what is usual where it is left out', () => {
  const { address, shown } = readSettings('amqp://u%40x:p%2Fw@broker:5673/a%2Fb', {})
  assert.deepEqual(
    { ...address, heartbeat: undefined },
    {
      protocol: 'amqp',
      hostname: 'broker',
      port: 5673,
      username: 'u@x',
      password: 'p/w',
      vhost: 'a%2Fb',
      heartbeat: undefined,
    },
  )
  assert.equal(shown, 'amqp://broker:5673/a%2Fb')
  assert.deepEqual(
    { ...readSettings('amqps://[::1]', {}).address, heartbeat: undefined },
    {
      protocol: 'amqps',
      hostname: '::1',
      port: 5671,
      username: 'guest',
      password: 'guest',
      vhost: '/',
      heartbeat: undefined,
    },
  )
})

test('a URL that cannot be used is refused, and never shown', () => {
  for (const url of [
    '',
    'amqp:',
    'amqp:///',
    'http://secret@host',
    'amqp://secret@host?heartbeat=1',
    'amqp://secret@host/a/b',
    'amqp://secret:%zz@host',
  ]) {
    assert.throws(
      () => readSettings(url, {}),
      (error) => {
        assert.ok(hasCode(error, 'BAD_URL'), `${url}: ${error}`)
        assert.doesNotMatch(error.message, /secret|zz/)
        return true
      },
    )
  }
})

test('options out of range are refused with their name', () => {
  for (const options of [
    { maxBodyBytes: 0 },
    { publishMs: 0.5 },
    { heartbeatSeconds: 0 },
    { prefetch: 70_000 },
    { settleMs: -1 },
  ]) {
    const [name = ''] = Object.keys(options)
    assert.throws(
      () => readSettings('amqp://host', options),
      (error) => hasCode(error, 'BAD_OPTION') && error.message.includes(name),
    )
  }
})

test('names of topics and groups stay apart, and peers may call a topic otherwise', () => {
  const names = namesFor({ 'user.loggedIn': 'logins' })
  assert.notEqual(names.queue('a.b', 'c', 0), names.queue('a', 'b.c', 0))
  assert.equal(names.topic('user.loggedIn'), 'logins')
  assert.equal(names.queue('user.loggedIn', 'gateway', 3), 'logins/gateway/3')
  assert.equal(names.topic('toString'), 'toString')
  assert.throws(
    () => namesFor({ a: '' }),
    (error) => hasCode(error, 'BAD_OPTION'),
  )
})

test('a key has the same partition in every version and on every machine', () => {
  assert.deepEqual(
    ['', '1', '42', 'ключ'].map((key) => partitionOf(key, 12)),
    [0, 11, 8, 6],
  )
})
