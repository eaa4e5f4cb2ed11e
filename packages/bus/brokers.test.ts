/** Which broker carries a topic, and which routes are none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokersOf, isOneOf } from './brokers.ts'
import type { Route } from './bus.ts'
import { handTransport } from './test/by-hand.ts'

const standard = handTransport({}, 'one')
const route = (topics: readonly string[], name = 'other'): Route => ({ topics, transport: handTransport({}, name) })

test('a topic is with the route that names it, and all others are with the transport', () => {
  const [mail, film] = [route(['mail.*']), route(['film.rented', 'film.seen'], 'third')]
  const brokers = brokersOf(standard, [mail, film], ['mail.sendCode', 'film.rented', 'user.loggedIn'])
  const carriers = ['mail.sendCode', 'film.seen', 'film.other', 'mail', 'user.loggedIn'].map((topic) => {
    const broker = brokers.of(topic)
    assert.deepEqual(
      brokers.all.filter(({ carries }) => carries?.(topic)),
      [broker],
      `${topic} is with one alone`,
    )
    return broker.transport
  })
  assert.deepEqual(carriers, [mail.transport, film.transport, standard, standard, standard])
})

test('without routes there is one broker, and it carries everything', () => {
  const { all, of } = brokersOf(standard, [], ['a'])
  assert.deepEqual(all, [{ name: 'one', transport: standard, carries: undefined }])
  assert.equal(of('anything').transport, standard)
})

test('brokers of one kind are told apart by their topics', () => {
  const { all } = brokersOf(standard, [route(['mail.*'], 'one'), route(['a', 'b'], 'one'), route(['c'], 'two')], [])
  assert.deepEqual(
    all.map(({ name }) => name),
    ['one', 'one (mail.*)', 'one (a, b)', 'two'],
  )
})

test('a topic in two routes is refused, as it would be with two brokers', () => {
  const open = () => brokersOf(standard, [route(['mail.*']), route(['mail.sendCode'])], ['mail.sendCode'])
  assert.throws(open, { code: 'BAD_OPTION', message: /topic mail\.sendCode is in two of them \(mail\.\* and mail\./ })
})

test('what is neither a name nor the beginning of one is refused', () => {
  for (const topic of ['', '*', '*.mail', 'mail.*.x', 'mail **', 'ma il']) {
    assert.throws(() => brokersOf(standard, [route([topic])], []), {
      code: 'BAD_OPTION',
      message: /must be a topic's name, or the beginning of one and \*/,
    })
  }
})

test('a name with * behind is the beginning of a topic, any other is all of it', () => {
  assert.deepEqual(
    ['mail.a', 'mail.', 'mail', 'email.a'].map((topic) => isOneOf(['mail.*'], topic)),
    [true, true, false, false],
  )
  assert.deepEqual(
    ['mail', 'mail.a', 'b'].map((topic) => isOneOf(['mail', 'b'], topic)),
    [true, false, true],
  )
})
