/** What a lane sends, in which order, and what its callers are told, whatever comes of an attempt. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError, PublishError } from '@vestnik/bus/errors'
import { type Call, startCall } from './calls.ts'
import { isOver, toEntry } from './entry.ts'
import { createLane, type Outcome, type Refused } from './lane.ts'
import { toRecord } from './record.ts'

const sent: Outcome = { end: 'sent' }
const unknown: Outcome = { end: 'unknown', why: 'no answer' }
const tooLarge: Outcome = { end: 'unfit', answer: 'BODY_TOO_LARGE', why: 'too large' }

/** A broker that answers as the test says; each attempt waits for it. */
function benchOf() {
  const attempts: { readonly ids: readonly string[]; readonly answer: (outcome: Outcome) => void }[] = []
  const clock = { now: 0 }
  let gone: Refused | undefined
  const lane = createLane({
    shown: 't/0',
    send(entries) {
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      attempts.push({ ids: entries.map(({ id }) => id), answer: resolve })
      return promise
    },
    refusal: async () => gone,
    now: () => clock.now,
    sleep: () => Promise.resolve(),
  })

  function add(call: Call, ids: readonly string[], bytes = 10): void {
    for (const id of ids) {
      call.expect()
      const message = { id, topic: 't', key: id.slice(0, 1), headers: {}, body: Buffer.alloc(bytes) }
      const entry = toEntry(call, message, toRecord(message))
      if (!isOver(entry)) lane.add(entry)
    }
  }

  function publish(ids: readonly string[], bytes?: number) {
    const call = startCall('kafka://test', clock.now)
    add(call, ids, bytes)
    call.begun()
    lane.go()
    return outcomeOf(call)
  }

  return {
    lane,
    clock,
    add,
    publish,
    attempts,
    lose(why: Refused) {
      gone = why
    },
    /** Answers the newest attempt, and waits for what follows from it. */
    async answer(outcome: Outcome) {
      attempts.at(-1)?.answer(outcome)
      await new Promise((resolve) => setImmediate(resolve))
    },
    ids: () => attempts.map(({ ids }) => ids.join(' ')),
  }
}

const outcomeOf = ({ answered }: Call) =>
  answered.then(
    () => 'sent',
    (error: unknown) => {
      assert.ok(error instanceof PublishError, String(error))
      return { doubtful: error.doubtful, refused: error.refused.map(({ id, code }) => `${id} ${code}`) }
    },
  )

test('one batch is under way, and callers that come meanwhile share the next', async () => {
  const { publish, answer, ids } = benchOf()
  const outcomes = [publish(['a1']), publish(['b1', 'b2']), publish(['c1'])]
  assert.deepEqual(ids(), ['a1'])
  await answer(sent)
  assert.deepEqual(ids(), ['a1', 'b1 b2 c1'])
  await answer(sent)
  assert.deepEqual(await Promise.all(outcomes), ['sent', 'sent', 'sent'])
})

test('a batch has at most 500 messages, and no more bytes than a broker takes', async () => {
  const { publish, answer, attempts } = benchOf()
  void publish(Array.from({ length: 1100 }, (_, i) => `k${i}`))
  for (let round = 0; round < 3; round += 1) await answer(sent)
  assert.deepEqual(
    attempts.map(({ ids }) => ids.length),
    [500, 500, 100],
  )
  void publish(['a1', 'a2', 'a3'], 300_000)
  await answer(sent)
  assert.deepEqual(
    attempts.slice(3).map(({ ids }) => ids.length),
    [2, 1],
  )
})

test('after a failure the same batch goes again before anything newer', async () => {
  const { publish, answer, ids } = benchOf()
  const first = publish(['a1', 'b1'])
  const second = publish(['a2'])
  await answer(unknown)
  await answer(unknown)
  assert.deepEqual(ids(), ['a1 b1', 'a1 b1', 'a1 b1'])
  await answer(sent)
  await answer(sent)
  assert.deepEqual(ids().at(-1), 'a2')
  assert.deepEqual(await Promise.all([first, second]), ['sent', 'sent'])
})

test('one message that does not fit is found, its key goes no further, and the others are stored', async () => {
  const { publish, attempts } = benchOf()
  const outcome = publish(['a1', 'b1', 'x1', 'c1', 'x2', 'd1'])
  const stored: string[] = []
  for (let seen = 0; seen < attempts.length; seen += 1) {
    const attempt = attempts[seen]
    const fits = !attempt?.ids.includes('x1')
    if (fits) stored.push(...(attempt?.ids ?? []))
    attempt?.answer(fits ? sent : tooLarge)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(await outcome, { doubtful: ['x2'], refused: ['x1 BODY_TOO_LARGE'] })
  assert.deepEqual(stored, ['a1', 'b1', 'c1', 'd1'])
})

test('at the deadline callers hear that nobody knows, what waits is not sent any more, and the lane stays blocked', async () => {
  const { lane, clock, publish, answer, ids } = benchOf()
  const late = publish(['a1'])
  const behind = publish(['a2', 'b1'])
  clock.now = 6000
  const young = publish(['c1'])
  clock.now = 10_001
  lane.expire(clock.now - 10_000)
  assert.deepEqual(await late, { doubtful: ['a1'], refused: [] })
  assert.deepEqual(await behind, { doubtful: ['a2', 'b1'], refused: [] })
  await answer(unknown)
  assert.deepEqual(ids(), ['a1', 'a1'])
  await answer(sent)
  await answer(sent)
  assert.deepEqual(ids(), ['a1', 'a1', 'c1'])
  assert.equal(await young, 'sent')
})

test('what was given up takes no room in a blocked lane: only who still waits is looked at again', () => {
  const { lane, clock, add } = benchOf()
  let looks = 0
  const publishOne = (id: string) => {
    const { at, ...call } = startCall('kafka://test', clock.now)
    call.answered.catch(() => {})
    add(
      {
        ...call,
        get at() {
          looks += 1
          return at
        },
      },
      [id],
    )
    call.begun()
    lane.go()
  }
  for (let i = 0; i < 1000; i += 1) publishOne(`k${i}`)
  clock.now = 6000
  publishOne('young')
  clock.now = 10_001
  lane.expire(clock.now - 10_000)
  assert.equal(looks, 1001)
  lane.expire(clock.now - 10_000)
  assert.equal(looks - 1001, 2, 'the one under way and the young one')
})

test('while it makes progress nobody is given up, however long the line', async () => {
  const { lane, clock, publish, answer } = benchOf()
  const outcome = publish(Array.from({ length: 1200 }, (_, i) => `k${i}`))
  for (let round = 0; round < 3; round += 1) {
    clock.now += 9000
    lane.expire(clock.now - 10_000)
    await answer(sent)
  }
  assert.equal(await outcome, 'sent')
})

test('a topic that has gone refuses what was not tried, and leaves in doubt what was', async () => {
  const { lane, publish, answer, lose } = benchOf()
  const tried = publish(['a1'])
  const waits = publish(['a2', 'b1'])
  const gone = { answer: 'UNKNOWN_TOPIC', why: 'no such topic any more' } as const
  lose(gone)
  lane.drop(gone)
  await answer(unknown)
  assert.deepEqual(await tried, { doubtful: ['a1'], refused: [] })
  assert.deepEqual(await waits, { doubtful: [], refused: ['a2 UNKNOWN_TOPIC', 'b1 UNKNOWN_TOPIC'] })
})

test('a stop leaves all in doubt, and nothing is sent afterwards', async () => {
  const { lane, publish, answer, ids } = benchOf()
  const outcomes = [publish(['a1']), publish(['b1'])]
  lane.stop(new BusError('TRANSPORT_CLOSED', 'closed'))
  assert.deepEqual(await Promise.all(outcomes), [
    { doubtful: ['a1'], refused: [] },
    { doubtful: ['b1'], refused: [] },
  ])
  await answer(unknown)
  void publish(['c1'])
  assert.deepEqual(ids(), ['a1'])
})
