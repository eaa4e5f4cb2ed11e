/** What a message is as a record of Kafka, alone and in a batch. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c, Reader, readRecordsBatch } from '@platformatic/kafka'
import type { Outgoing } from '@vestnik/bus/transport'
import { encodeBatch } from './batch.ts'
import { fromRecord } from './message.ts'
import { hasTooManyHeaders, toRecord } from './record.ts'

const place = { topic: 'mail.sendCode', name: 'mails', partition: 3 }
const numbers = { producerId: 7n, epoch: 2, sequence: 1000 }

function readBack(messages: readonly Outgoing[]) {
  const bytes = encodeBatch(messages.map(toRecord), numbers, 1_770_000_000_000)
  assert.equal(bytes.readUInt32BE(17), crc32c(bytes.subarray(21)))
  return readRecordsBatch(Reader.from(bytes))
}

test('attributes travel as the binding for Kafka says, and come back', () => {
  const headers = { 'ce-type': 'mail.sendCode', 'ce-source': 'films', 'content-type': 'application/json', note: 'ё' }
  const sent = { id: 'ключ', topic: 'mail.sendCode', key: 'k 🔑', headers, body: Buffer.from('{"a":1}') }
  const [record] = readBack([sent]).records
  assert.ok(record)
  assert.deepEqual(
    record.headers.map(([name]) => String(name)),
    ['ce_id', 'ce_type', 'ce_source', 'content-type', 'note'],
  )
  const { key, value } = record
  assert.equal(String(toRecord(sent).key), sent.key)
  const read = fromRecord({ key, value, headers: record.headers, timestamp: 1_000n, offset: 4711n }, place, false)
  assert.deepEqual(read, { ...sent, redelivered: false, at: 'kafka:mails/3@4711' })
})

test('a batch says how many records it has, when they are from, and what they are numbered', () => {
  const batch = readBack(Array.from({ length: 300 }, (_, i) => messageOf(`m${i}`, Buffer.from('{}'))))
  assert.deepEqual(
    [batch.producerId, batch.producerEpoch, batch.firstSequence, batch.lastOffsetDelta, batch.firstTimestamp],
    [7n, 2, 1000, 299, 1_770_000_000_000n],
  )
  assert.deepEqual(
    batch.records.map(({ offsetDelta, timestampDelta }) => [offsetDelta, timestampDelta]),
    Array.from({ length: 300 }, (_, i) => [i, 0n]),
  )
  assert.equal(
    batch.records
      .at(-1)
      ?.headers.find(([name]) => String(name) === 'ce_id')?.[1]
      ?.toString(),
    'm299',
  )
})

test('lengths of every size are read as they were written', () => {
  const sizes = [0, 1, 63, 64, 8191, 8192, 65_535, 65_536, 1_048_575, 1_048_576]
  const { records } = readBack(
    sizes.map((size) => ({
      ...messageOf('x'.repeat(size % 70_000), Buffer.alloc(size, 'v')),
      key: 'k'.repeat(size % 99),
    })),
  )
  for (const [i, size] of sizes.entries()) {
    assert.equal(records[i]?.value?.length ?? 0, size)
    assert.equal(records[i]?.headers[0]?.[1]?.length ?? 0, size % 70_000)
    assert.equal(records[i]?.key?.length ?? 0, size % 99)
  }
})

test('a message without a key has none, and one without a body has an empty one', () => {
  const [record] = readBack([messageOf('a', new Uint8Array(0))]).records
  assert.equal(record?.key, null)
  assert.equal(record?.value?.length, 0)
  assert.equal(toRecord(messageOf('a', new Uint8Array(0))).key, undefined)
})

test('what is beside the body has its limit', () => {
  const message = messageOf('a', Buffer.alloc(1_000_000))
  assert.equal(hasTooManyHeaders(toRecord(message)), false)
  assert.equal(hasTooManyHeaders(toRecord({ ...message, headers: { h: 'ё'.repeat(40_000) } })), true)
  assert.equal(hasTooManyHeaders(toRecord({ ...message, key: 'k'.repeat(70_000) })), true)
})

function messageOf(id: string, body: Uint8Array): Outgoing {
  return { id, topic: 't', headers: {}, body }
}
