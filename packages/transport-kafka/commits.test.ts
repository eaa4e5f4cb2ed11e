/** Commits of one member, with a broker that the test is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCommits } from './commits.ts'
import { createShare, type Share, type ShareCommit } from './share.ts'

function bench(tellAfterMs = 60_000) {
  const sent: { batch: ReadonlyMap<Share, ShareCommit>; answer: (failed?: readonly Share[] | Error) => void }[] = []
  const done: [Share, number][] = []
  const commits = startCommits(
    (batch) =>
      new Promise((resolve, reject) => {
        const answer = (failed: readonly Share[] | Error = []) =>
          failed instanceof Error ? reject(failed) : resolve(new Map(failed.map((one) => [one, 'it is refused'])))
        sent.push({ batch, answer })
      }),
    (share, { offset }) => void done.push([share, offset]),
    tellAfterMs,
  )
  const share = (offset: number) => {
    const one = createShare({ topicId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', partition: 0 })
    one.begin({ offset, redeliveredBelow: 0, ended: [], leaderEpoch: -1 })
    return one
  }
  const until = async (count: number) => {
    while (sent.length < count) await sleep(1)
    const last = sent[count - 1]
    assert.ok(last)
    return last
  }
  return { commits, sent, done, share, until }
}

test('one commit is under way at a time, and says what has ended by then', async () => {
  const { commits, sent, done, share, until } = bench()
  const [one, other] = [share(1), share(2)]
  commits.now(one)
  const first = await until(1)
  commits.now(other)
  one.skipTo(10)
  commits.now(one)
  await sleep(20)
  assert.equal(sent.length, 1)
  first.answer()
  const second = await until(2)
  assert.deepEqual([...second.batch].map(([, { offset }]) => offset).toSorted(), [10, 2])
  second.answer()
  while (done.length < 3) await sleep(1)
  assert.deepEqual(done[0], [one, 1])
  commits.end()
})

test('a flush waits until what it asked for is committed, through failures', async () => {
  const { commits, share, until } = bench()
  const [one, other] = [share(1), share(2)]
  let flushed = false
  const flush = commits.flush(one).then(() => {
    flushed = true
  })
  ;(await until(1)).answer(new Error('the connection broke'))
  commits.now(other)
  const second = await until(2)
  assert.ok(second.batch.has(one))
  second.answer([one])
  const third = await until(3)
  assert.equal(flushed, false)
  assert.deepEqual([...third.batch.keys()], [one])
  third.answer()
  await flush
  commits.end()
})

test('where it is not known yet where to begin, nothing is committed', async () => {
  const { commits, sent } = bench()
  await commits.flush(createShare({ topicId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', partition: 0 }))
  assert.equal(sent.length, 0)
  commits.end()
})

test('at its end nobody waits any more, and a share that has gone is not committed', async () => {
  const { commits, done, share, until } = bench()
  const one = share(1)
  const flush = commits.flush(one)
  const first = await until(1)
  one.isOver = true
  commits.end()
  await flush
  await commits.flush(one)
  first.answer()
  await sleep(1)
  assert.deepEqual(done, [])
})

test('commits that are refused again and again are told of, until one is taken', async () => {
  const { commits, share, until } = bench(0)
  const one = share(1)
  commits.now(one)
  ;(await until(1)).answer([one])
  const second = await until(2)
  assert.equal(commits.trouble(), 'what has ended is not committed: it is refused')
  second.answer(new Error('the connection broke'))
  const third = await until(3)
  assert.equal(commits.trouble(), 'what has ended is not committed: the connection broke')
  third.answer()
  while (commits.trouble() !== undefined) await sleep(1)
  commits.end()
})

test('commits that were refused are not told of any more when their partition has gone', async () => {
  const { commits, share, until } = bench(0)
  const [one, other] = [share(1), share(2)]
  commits.now(one)
  const first = await until(1)
  one.isOver = true
  first.answer([one])
  other.isOver = true
  await commits.flush(other)
  assert.equal(commits.trouble(), undefined)
  commits.end()
})

test('what is refused for a moment is not told of', async () => {
  const { commits, share, until } = bench()
  const one = share(1)
  commits.now(one)
  ;(await until(1)).answer([one])
  await until(2)
  assert.equal(commits.trouble(), undefined)
  commits.end()
})
