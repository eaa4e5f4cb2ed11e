/** How one member fetches: at each broker one question is under way, for what has room, and late answers count for nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRecordsBatch } from '@platformatic/kafka'
import type { FetchAnswer, FetchQuestion } from './fetch-frames.ts'
import { startFetching } from './fetching.ts'
import type { Link } from './link.ts'
import { createShare, type Share } from './share.ts'

const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

interface Asked {
  readonly port: number
  readonly partitions: readonly number[]
  /** The same, as they were asked for. */
  readonly order: readonly number[]
  /** Answers with records of these partitions. */
  answer(...partitions: readonly number[]): Promise<void>
  /** With these records of each. */
  answerWith(records: Buffer, ...partitions: readonly number[]): Promise<void>
  fail(): Promise<void>
}

/** Partitions 0 and 1 are led by one broker, 2 by another; the test answers for both. */
function bench({ refreshMs = 60_000, refresh = async () => {} } = {}) {
  const asked: Asked[] = []
  const arrived: number[] = []
  const full = new Set<number>()
  const moved = new Set<number>()
  const shares = [0, 1, 2].map((partition) => shareOf(partition, () => !full.has(partition)))
  const ask = ({ port }: { port: number }, _use: string, _api: unknown, ...question: unknown[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<FetchAnswer>()
    const answerWith = (some: Buffer, ...partitions: readonly number[]) => {
      const answered = partitions.map((partition) => ({ ...fetched, records: some, partition }))
      resolve({ errorCode: 0, partitions: answered })
      return told()
    }
    const topics = question.find((one) => Array.isArray(one)) as readonly FetchQuestion[]
    const order = topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition))
    asked.push({
      ...{ port, order, partitions: order.toSorted() },
      answerWith,
      answer: (...partitions) => answerWith(records, ...partitions),
      fail() {
        reject(new Error('the connection broke'))
        return told()
      },
    })
    return promise
  }
  const fetching = startFetching(
    {
      link: { ask } as unknown as Link,
      leaders: {
        of: ({ partition }) => leaders[partition === 2 || moved.has(partition) ? 1 : 0],
        has: () => true,
        refresh,
        log: async () => ({ start: 0, end: 0 }),
      },
      shares: () => shares,
      arrived: (share) => void arrived.push(share.place.partition),
      outOfRange: () => assert.fail('nothing is out of range'),
      diverged: () => assert.fail('no log has lost its end'),
    },
    refreshMs,
  )
  const at = (port: number) => asked.filter((one) => one.port === port)
  return { fetching, shares, asked, arrived, full, moved, at }
}

const told = () => new Promise<void>((resolve) => setImmediate(resolve))
const leaders = [1, 2].map((node) => ({ node, address: { host: 'test', port: node } }))
const content = { topic: 't', partition: 0, timestamp: 0n, value: Buffer.from('{}') }
const records = createRecordsBatch([content], {}).buffer
const fetched = { topicId, errorCode: 0, aborted: [], diverging: undefined, records }

function shareOf(partition: number, hasRoom: () => boolean): Share {
  const share = createShare({ topicId, partition })
  share.begin({ offset: 0, redeliveredBelow: 0, ended: [], leaderEpoch: -1 })
  return Object.assign(share, { wantsMore: hasRoom })
}

test('one question is under way at each broker, for all that it leads', async () => {
  const { fetching, at } = bench()
  for (let i = 0; i < 5; i += 1) fetching.wake()
  assert.deepEqual(
    [at(1), at(2)].map((all) => all.map(({ partitions }) => partitions)),
    [[[0, 1]], [[2]]],
  )
  await at(1)[0]?.answer(0)
  fetching.wake()
  assert.deepEqual([at(1).length, at(2).length], [2, 1])
  fetching.end()
})

test('a partition without room is left out, the others go on, and it is asked for when it has room again', async () => {
  const { fetching, full, at } = bench()
  full.add(0)
  fetching.wake()
  assert.deepEqual(at(1).at(-1)?.partitions, [1])
  full.delete(0)
  await at(1).at(-1)?.answer(1)
  assert.deepEqual(at(1).at(-1)?.partitions, [0, 1])
  full.add(0).add(1)
  await at(1).at(-1)?.answer(0, 1)
  assert.equal(at(1).length, 2, 'nobody has room')
  full.delete(1)
  fetching.wake()
  await new Promise((told) => setImmediate(told))
  assert.deepEqual(at(1).at(-1)?.partitions, [1])
  fetching.end()
})

test('an answer that comes too late is dropped: its partition has gone, or was begun anew', async () => {
  const { fetching, shares, arrived, at } = bench()
  fetching.wake()
  const [gone, anew] = shares
  assert.ok(gone && anew)
  gone.isOver = true
  anew.skipTo(10)
  await at(1).at(-1)?.answer(0, 1)
  assert.deepEqual(arrived, [])
  await at(2).at(-1)?.answer(2)
  await at(1).at(-1)?.answer(1)
  assert.deepEqual(arrived, [2, 1])
  fetching.end()
})

test('a partition whose leader changes while it is fetched is asked for at the new one, also when that had nothing to do', async () => {
  const { fetching, full, moved, at } = bench()
  fetching.wake()
  full.add(2)
  await at(2)[0]?.answer(2)
  assert.equal(at(2).length, 1)
  moved.add(0).add(1)
  await at(1)[0]?.answer(0, 1)
  assert.equal(at(1).length, 1)
  assert.deepEqual(at(2).at(-1)?.partitions, [0, 1])
  fetching.end()
})

test('one of several partitions that moves while it is fetched is asked for at its new broker, which had nothing to do', async () => {
  const { fetching, full, moved, at } = bench()
  full.add(2)
  fetching.wake()
  moved.add(1)
  fetching.wake()
  await at(1)[0]?.answer(0)
  assert.deepEqual(at(1).at(-1)?.partitions, [0])
  assert.deepEqual(at(2).at(-1)?.partitions, [1])
  fetching.end()
})

test('leaders are asked for from time to time, as one that has lost touch with the others answers without an error', async () => {
  const asked = Promise.withResolvers<void>()
  const { fetching, moved, at } = bench({
    refreshMs: 5,
    async refresh() {
      moved.add(1)
      asked.resolve()
    },
  })
  fetching.wake()
  await asked.promise
  await at(1)[0]?.answer()
  await at(2)[0]?.answer()
  assert.deepEqual(at(2).at(-1)?.partitions, [1, 2])
  fetching.end()
})

test('a broker that failed is told of, until nothing more is wanted of it', { timeout: 60_000 }, async () => {
  const { fetching, full, at } = bench()
  fetching.wake()
  await at(1)[0]?.fail()
  assert.equal(fetching.trouble(), 'fetch from broker 1: the connection broke')
  full.add(0).add(1)
  while (fetching.trouble() !== undefined) await sleep(5)
  assert.equal(at(1).length, 1)
  fetching.end()
})

test('what there was no room for in an answer is not taken for damaged', async () => {
  const { fetching, shares, arrived, at } = bench()
  const many = createRecordsBatch(Array(4001).fill(content), { compression: 'gzip' }).buffer
  fetching.wake()
  await at(1)[0]?.answerWith(many, 0, 1)
  assert.deepEqual(arrived, [0])
  assert.equal(shares[1]?.fruitless, 0)
  await at(1)[1]?.answerWith(many.fill(0, 61), 1)
  assert.equal(shares[1]?.fruitless, 1)
  fetching.end()
})

test('each broker is asked for its partitions in turn, so that none is always first', async () => {
  const { fetching, asked, at } = bench()
  fetching.wake()
  for (let turn = 0; turn < 4; turn += 1) {
    await at(2).at(-1)?.answer(2)
    await at(1).at(-1)?.answer(0, 1)
  }
  const firsts = asked.filter(({ port }) => port === 1).map(({ order }) => order[0])
  assert.deepEqual(new Set(firsts), new Set([0, 1]))
  fetching.end()
})
