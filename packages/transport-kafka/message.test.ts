/** What is made of the records of others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FetchedRecord, fromRecord } from './message.ts'

const place = { topic: 'mail.sendCode', name: 'mails', partition: 3 }
const plain: FetchedRecord = { key: null, value: Buffer.from('{}'), headers: [], timestamp: 1_000n, offset: 4711n }

const headersOf = (pairs: Readonly<Record<string, string | Buffer>>) =>
  Object.entries(pairs).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const)

test('a record without headers has its place for an id, and its own time', () => {
  const read = fromRecord(plain, place, true)
  assert.equal(read.id, 'mails/3@4711/1000')
  assert.deepEqual(read.headers, { 'ce-time': '1970-01-01T00:00:01.000Z' })
  assert.deepEqual([read.topic, read.at, read.redelivered], ['mail.sendCode', 'kafka:mails/3@4711', true])
  assert.ok(!('key' in read))
})

test('a topic that was made again uses no id of the old one', () => {
  const again = { ...plain, timestamp: 2_000n }
  assert.notEqual(fromRecord(plain, place, false).id, fromRecord(again, place, false).id)
})

test("an event of another producer keeps its id, and has its record's time where it names none", () => {
  const headers = headersOf({ ce_id: 'e1', ce_specversion: '1.0', ce_source: 'else' })
  const read = fromRecord({ ...plain, headers }, place, false)
  assert.deepEqual([read.id, read.headers['ce-time']], ['e1', '1970-01-01T00:00:01.000Z'])
  const timed = headersOf({ ce_id: 'e1', ce_specversion: '1.0', ce_time: '2026-01-01T00:00:00Z' })
  assert.equal(fromRecord({ ...plain, headers: timed }, place, false).headers['ce-time'], '2026-01-01T00:00:00Z')
})

test('no bytes of a peer are too odd to be read', () => {
  const bad = Buffer.from([0xff, 0xfe])
  const odd: FetchedRecord = {
    ...plain,
    key: bad,
    value: null,
    headers: [...headersOf({ ce_id: bad, Note: 'x', '': 'y', __proto__: 'z' }), [bad, bad], [Buffer.from('n'), null]],
    timestamp: -1n,
  }
  const read = fromRecord(odd, place, false)
  assert.deepEqual([read.id, read.key, read.body.byteLength], ['mails/3@4711/-1', 'hex:fffe', 0])
  assert.deepEqual({ ...read.headers }, { note: 'x', '': 'y' })
  assert.equal(fromRecord({ ...plain, timestamp: 2n ** 62n }, place, false).headers['ce-time'], undefined)
})
