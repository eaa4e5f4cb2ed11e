/** What waits for a turn at a broker that does not answer, and what is left of a connection that has ended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '@platformatic/kafka'
import { answers, api, openBroker } from './broker.fixture.ts'
import { readSettings } from './options.ts'
import { watchConnects } from './wire.fixture.ts'
import { NoAnswer, openWires } from './wires.ts'

/** To each broker there are so many connections. */
const atOnce = 3
const host = '127.0.0.1'

const endOf = (answer: Promise<unknown>) =>
  answer.then(
    () => 'answered',
    (error: unknown) => (error instanceof NoAnswer ? 'late' : 'not sent'),
  )

test('behind a broker that does not answer nobody waits for a deadline of their own', async () => {
  let isSilent = true
  let questions = 0
  await using broker = await openBroker((socket, id) => {
    questions += 1
    if (!isSilent) answers(socket, id)
  })
  const wires = openWires(readSettings(`kafka://${host}:${broker.port}`, {}))
  const ask = (ms: number) => endOf(wires.ask({ host, port: broker.port }, ms, api))
  try {
    const ends = await Promise.all(Array.from({ length: 4 * atOnce }, () => ask(300)))
    assert.deepEqual(
      ends,
      Array.from({ length: 4 * atOnce }, (_, at) => (at < atOnce ? 'late' : 'not sent')),
    )
    assert.ok(questions <= atOnce, `${questions} were sent`)
    isSilent = false
    assert.equal(await ask(60_000), 'answered', 'whoever comes later is asked for')
  } finally {
    wires.close()
  }
})

test('behind a broker that cannot be reached nobody tries it in turn', async () => {
  const gone = await openBroker(() => {})
  await gone[Symbol.asyncDispose]()
  using connects = watchConnects(gone.port)
  const wires = openWires(readSettings(`kafka://${host}:${gone.port}`, {}))
  const ask = () => endOf(wires.ask({ host, port: gone.port }, 10_000, api))
  const ends = await Promise.all(Array.from({ length: 4 * atOnce }, ask))
  assert.deepEqual(new Set(ends), new Set(['not sent']))
  assert.equal(connects.count(), atOnce)
  wires.close()
})

test('a connection that the broker ends is cut off, and would not prove itself again', {
  timeout: 60_000,
}, async (t) => {
  await using broker = await openBroker((socket, id) => {
    answers(socket, id)
    socket.end()
  })
  const closes = t.mock.method(Connection.prototype, 'close')
  const wires = openWires(readSettings(`kafka://${host}:${broker.port}`, {}))
  try {
    assert.equal(await endOf(wires.ask({ host, port: broker.port }, 10_000, api)), 'answered')
    while (closes.mock.callCount() === 0) await sleep(5)
  } finally {
    wires.close()
  }
})
