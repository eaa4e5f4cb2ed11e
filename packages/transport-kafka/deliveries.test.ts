/** The calls that run, and which of them are aborted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Incoming } from '@vestnik/bus/transport'
import { createDeliveries } from './deliveries.ts'
import { createLanes } from './lanes.ts'
import { createShare, type Share } from './share.ts'

const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

function bench() {
  const runs: { readonly signal: AbortSignal; readonly end: () => void }[] = []
  const ended: boolean[] = []
  const deliveries = createDeliveries(
    (_, signal) => new Promise((end) => void runs.push({ signal, end })),
    (_share, _lane, done) => void ended.push(done),
  )
  const lanes = createLanes()
  const record = { offset: 1, timestamp: 0, bytes: 1, key: null, value: null, headers: () => [] }
  const lane = lanes.add(record, undefined)
  assert.ok(lane)
  const message = { at: 'kafka:mails/3@1' } as Incoming
  const start = (share: Share, count: number) => {
    for (let i = 0; i < count; i += 1) deliveries.start(share, lane, message)
  }
  const aborted = () => runs.map(({ signal }) => signal.aborted)
  return { deliveries, runs, ended, start, aborted }
}

test('a partition that goes takes all that runs of it along, and nothing of another', async () => {
  const { deliveries, runs, ended, start, aborted } = bench()
  const [going, staying] = [0, 1].map((partition) => createShare({ topicId, partition }))
  assert.ok(going && staying)
  start(going, 100)
  start(staying, 1)
  deliveries.abort('it goes', going)
  assert.deepEqual(aborted(), [...Array.from({ length: 100 }, () => true), false])
  assert.deepEqual([going.running, staying.running, deliveries.size()], [0, 1, 1])
  // What is started later, when it has come back, is not aborted yet; and what has gone ends for nobody.
  start(going, 1)
  assert.equal(runs.at(-1)?.signal.aborted, false)
  for (const { end } of runs) end()
  await new Promise((told) => setImmediate(told))
  assert.deepEqual(ended, [true, true])
})

test('the signal of what has ended is never aborted', async () => {
  const { deliveries, runs, start, aborted } = bench()
  start(createShare({ topicId, partition: 0 }), 2)
  runs[0]?.end()
  while (deliveries.size() > 1) await new Promise((told) => setImmediate(told))
  deliveries.abort('the transport is closed')
  assert.deepEqual(aborted(), [false, true])
})

test('all of it ends at once when it has to', () => {
  const { deliveries, start, aborted } = bench()
  start(createShare({ topicId, partition: 0 }), 3)
  start(createShare({ topicId, partition: 1 }), 3)
  deliveries.abort('the transport is closed')
  assert.ok(aborted().every((one) => one))
  assert.equal(deliveries.size(), 0)
})
