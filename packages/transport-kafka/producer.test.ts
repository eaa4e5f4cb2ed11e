/** How batches are numbered, whatever the broker answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codes } from './broker-errors.ts'
import type { Produced } from './produce.ts'
import { createProducer } from './producer.ts'
import { NoAnswer } from './wires.ts'

type Step = Produced | Error

/** A broker that answers as the test says; each attempt is kept as `id/epoch/sequence`. */
function benchOf(...steps: readonly Step[]) {
  const left = [...steps]
  const attempts: string[] = []
  const deadlines: number[] = []
  let ids = 0n
  const producer = createProducer<string>({
    askId: async () => {
      ids += 1n
      return ids
    },
    bytesOf: () => 100_000,
    async store(batch, { producerId, epoch, sequence }, deadlineMs) {
      attempts.push(`${batch} ${producerId}/${epoch}/${sequence}`)
      deadlines.push(deadlineMs)
      const step = left.shift() ?? assert.fail('one attempt too many')
      if (step instanceof Error) throw step
      return step
    },
  })
  return { producer, attempts, deadlines }
}

const at = (baseOffset: number): Produced => ({ errorCode: 0, why: null, baseOffset: BigInt(baseOffset) })
const error = (errorCode: number): Produced => ({ errorCode, why: null, baseOffset: -1n })

test('a batch has the numbers that follow those of the batch before it', async () => {
  const { producer, attempts } = benchOf(at(10), at(20))
  await producer.send('aaa')
  await producer.send('bb')
  assert.deepEqual(attempts, ['aaa 1/0/0', 'bb 1/0/3'])
})

test('a batch that goes again has the same numbers', async () => {
  const { producer, attempts } = benchOf(new Error('cut'), error(codes.notLeader), at(0), at(3))
  await assert.rejects(producer.send('aaa'))
  await assert.rejects(producer.send('aaa'))
  await producer.send('aaa')
  await producer.send('b')
  assert.deepEqual(attempts, ['aaa 1/0/0', 'aaa 1/0/0', 'aaa 1/0/0', 'b 1/0/3'])
})

test('behind a batch that nobody knows of, another one is numbered anew, so that it is not taken for that one', async () => {
  const { producer, attempts } = benchOf(at(0), new Error('cut'), at(9))
  await producer.send('a')
  await assert.rejects(producer.send('b'))
  await producer.send('c')
  assert.deepEqual(attempts, ['a 1/0/0', 'b 1/0/1', 'c 1/1/0'])
})

test('what the broker says is out of its order goes again with new numbers', async () => {
  for (const code of [codes.outOfOrder, codes.unknownProducer, codes.duplicate, codes.fencedProducer]) {
    const { producer, attempts } = benchOf(at(0), error(code), at(1))
    await producer.send('a')
    await assert.rejects(producer.send('b'))
    await producer.send('b')
    assert.deepEqual(attempts, ['a 1/0/0', 'b 1/0/1', 'b 1/1/0'])
  }
})

test('a place at or below the last one is not believed', async () => {
  const { producer, attempts } = benchOf(at(5), at(7), at(8))
  await producer.send('aaa')
  await assert.rejects(producer.send('b'), /stored at 7, and what went before it at 7/)
  await producer.send('b')
  assert.deepEqual(attempts, ['aaa 1/0/0', 'b 1/0/3', 'b 1/1/0'])
})

test('a broker that needs longer gets more time, and more for many bytes; one that is only away does not', async () => {
  const late = () => new NoAnswer('late')
  const { producer, deadlines } = benchOf(new Error('away'), late(), late(), late(), at(0), at(1))
  for (let tries = 0; tries < 4; tries += 1) await assert.rejects(producer.send('a'))
  await producer.send('a')
  await producer.send('b')
  assert.deepEqual(deadlines, [6000, 6000, 11_000, 21_000, 21_000, 6000])
})
