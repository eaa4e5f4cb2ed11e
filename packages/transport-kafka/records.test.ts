/** Record batches as brokers answer them: plain, compressed, of transactions, broken, and far too large. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressionsAlgorithms, crc32c, createRecordsBatch } from '@platformatic/kafka'
import { maxOutputLength } from './decompress.ts'
import { type Aborted, type Batch, type KafkaRecord, readBatches, roomOfAnswer } from './records.ts'

const attributesAt = 21
const lastDeltaAt = 23
const producerAt = 43
const headBytes = 61

function batchOf(
  values: readonly (string | null)[],
  { at = 0, key = 'k' as string | null, producerId = -1n } = {},
): Buffer {
  const messages = values.map((value) => ({
    ...{ topic: 't', partition: 0, timestamp: 1_700_000_000_000n },
    ...(key !== null && { key: Buffer.from(key) }),
    value: value === null ? (null as unknown as Buffer) : Buffer.from(value),
    headers: new Map([[Buffer.from('ce_id'), Buffer.from('7')]]),
  }))
  const batch = createRecordsBatch(messages, { producerId }).buffer
  batch.writeBigInt64BE(BigInt(at), 0)
  return batch
}

/** With the checksum of what it is now. */
function summed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** The same batch with its records compressed by somebody else. */
function compressed(batch: Buffer, way: number, compress: (bytes: Buffer) => Buffer): Buffer {
  const made = Buffer.concat([batch.subarray(0, headBytes), compress(batch.subarray(headBytes))])
  made.writeInt32BE(made.length - 12, 8)
  made.writeInt16BE(batch.readInt16BE(attributesAt) | way, attributesAt)
  return summed(made)
}

const batchesOf = (bytes: Buffer, from = 0, aborted: readonly Aborted[] = []): readonly Batch[] =>
  readBatches(bytes, { from, aborted, room: roomOfAnswer() })
const read = (...batches: readonly Buffer[]) => batchesOf(Buffer.concat(batches)).flatMap(({ records }) => records)
const valuesOf = (records: readonly KafkaRecord[]) => records.map(({ value }) => value?.toString() ?? null)

test('records come out with offsets, keys, values, headers and times', () => {
  const [batch] = batchesOf(batchOf(['a', null, ''], { at: 40 }))
  assert.ok(batch)
  assert.equal(batch.nextOffset, 43)
  assert.deepEqual(valuesOf(batch.records), ['a', null, ''])
  assert.deepEqual(
    batch.records.map(({ offset, timestamp, key }) => [offset, timestamp, String(key)]),
    [40, 41, 42].map((offset) => [offset, 1_700_000_000_000, 'k']),
  )
  assert.deepEqual(batch.records[0]?.headers().map(String), ['ce_id,7'])
  assert.equal(read(batchOf(['a'], { key: null }))[0]?.key, null)
})

test('a batch that was cut off is left for the next fetch', () => {
  const [first, second] = [batchOf(['a']), batchOf(['b', 'c'], { at: 1 })]
  assert.deepEqual(valuesOf(read(first, second.subarray(0, second.length - 1))), ['a'])
  assert.deepEqual(valuesOf(read(first, second)), ['a', 'b', 'c'])
  assert.deepEqual(read(first.subarray(0, 5)), [])
})

const ways: readonly (readonly [name: string, way: number, compress: (bytes: Buffer) => Buffer])[] = [
  ['gzip', 1, (bytes) => gzipSync(bytes)],
  ['snappy', 2, (bytes) => Buffer.from(compressionsAlgorithms.snappy.compressSync(bytes))],
  ['lz4', 3, (bytes) => Buffer.from(compressionsAlgorithms.lz4.compressSync(bytes))],
  ['zstd', 4, (bytes) => zstdCompressSync(bytes)],
]

for (const [name, way, compress] of ways) {
  test(`records that a peer compressed with ${name} come out`, () => {
    const values = Array.from({ length: 500 }, (_, i) => `{"value":${i}}`)
    assert.deepEqual(valuesOf(read(compressed(batchOf(values), way, compress), batchOf(['z'], { at: 500 }))), [
      ...values,
      'z',
    ])
  })

  test(`${name} that would become too large is refused before it takes the room, and what is behind it is read`, () => {
    const bomb = compressed(batchOf(['x', 'y', 'z'], { at: 7 }), way, () =>
      compress(Buffer.alloc(maxOutputLength + 4096)),
    )
    const before = process.memoryUsage().rss
    const records = read(bomb, batchOf(['after'], { at: 10 }))
    const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20
    assert.deepEqual(
      records.map(({ offset, unreadable }) => [offset, unreadable]),
      [
        [7, `decompressed it would have more than ${maxOutputLength} bytes`],
        [10, undefined],
      ],
    )
    assert.ok(grownMiB < 100, `it took ${grownMiB} MiB`)
  })
}

test('what is broken stands for its batch, and what is behind it is read', () => {
  const torn = compressed(batchOf(['x'], { at: 1 }), 1, () => Buffer.from('no gzip'))
  const unknown = compressed(batchOf(['x'], { at: 2 }), 7, (bytes) => bytes)
  const short = batchOf(['xyz'], { at: 3 })
  short.writeInt8(100, headBytes)
  summed(short)
  const old = batchOf(['x'], { at: 4 })
  old.writeInt8(1, 16)
  // What is the count of its records in this format is anything in another one.
  old.writeInt32BE(1_000_000, 23)
  const records = read(batchOf(['a']), torn, unknown, short, old, batchOf(['b'], { at: 5 }))
  assert.deepEqual(
    records.map(({ offset }) => offset),
    [0, 1, 2, 3, 4, 5],
  )
  assert.ok(records.slice(1, 5).every(({ unreadable }) => unreadable))
  assert.deepEqual(valuesOf(records.slice(5)), ['b'])
})

test('what a transaction wrote that was given up is hidden, and so are the markers', () => {
  const inTransaction = (batch: Buffer, more = 0) => {
    batch.writeInt16BE(0x10 | more, attributesAt)
    return summed(batch)
  }
  const marker = (at: number, producerId: bigint, type: number) => {
    const batch = batchOf([''], { at, producerId, key: String.fromCharCode(0, 0, 0, type) })
    return inTransaction(batch, 0x20)
  }
  const bytes = Buffer.concat([
    inTransaction(batchOf(['given up'], { at: 0, producerId: 5n })),
    inTransaction(batchOf(['of another'], { at: 1, producerId: 6n })),
    marker(2, 5n, 0),
    inTransaction(batchOf(['kept'], { at: 3, producerId: 5n })),
    marker(4, 5n, 1),
    batchOf(['plain'], { at: 5 }),
  ])
  assert.equal(bytes.readBigInt64BE(producerAt), 5n)
  const batches = batchesOf(bytes, 0, [{ producerId: 5n, firstOffset: 0n }])
  assert.deepEqual(valuesOf(batches.flatMap(({ records }) => records)), ['of another', 'kept', 'plain'])
  assert.equal(batches.at(-1)?.nextOffset, 6)
})

test('of compressed batches no more is made at once than there is room for, and the rest of them the next time', () => {
  const values = Array.from({ length: 3000 }, (_, i) => `${i}`)
  const bytes = Buffer.concat(
    [0, 3000, 6000].map((at) => compressed(batchOf(values, { at }), 4, (raw) => zstdCompressSync(raw))),
  )
  const offsets: number[] = []
  for (let from = 0, answers = 0; from < 9000; answers += 1) {
    const room = roomOfAnswer()
    const batches = readBatches(bytes, { from, aborted: [], room })
    const records = batches.flatMap((batch) => batch.records)
    assert.ok(records.length <= roomOfAnswer().records, `${records.length} at once`)
    assert.ok(answers < 3 && records.length > 0)
    offsets.push(...records.map(({ offset }) => offset))
    from = batches.at(-1)?.nextOffset ?? from
  }
  assert.deepEqual(
    offsets,
    Array.from({ length: 9000 }, (_, i) => i),
  )
})

test('many compressed batches, each small enough, take no more together than there is room for', () => {
  const value = 'x'.repeat(1024 * 1024)
  const bytes = Buffer.concat(
    Array.from({ length: 40 }, (_, at) => compressed(batchOf([value], { at }), 4, (raw) => zstdCompressSync(raw))),
  )
  const room = roomOfAnswer()
  const batches = readBatches(bytes, { from: 0, aborted: [], room })
  assert.equal(batches.length, 4)
  assert.equal(batches.at(-1)?.nextOffset, 4)
  assert.deepEqual(readBatches(bytes, { from: 4, aborted: [], room }), [], 'another partition of the same answer waits')
})

test('a batch with a wrong checksum is left to be fetched again, and at last is answered as unreadable', () => {
  const damaged = batchOf(['good'], { at: 1 })
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 20) ^ 1, damaged.length - 20)
  const bytes = Buffer.concat([batchOf(['a']), damaged, batchOf(['b'], { at: 2 })])
  assert.deepEqual(valuesOf(read(bytes)), ['a'])
  const last = readBatches(bytes, { from: 1, aborted: [], room: roomOfAnswer(), isLastTry: true })
  assert.deepEqual(
    last.flatMap(({ records }) => records.map(({ offset, unreadable }) => [offset, unreadable])),
    [
      [1, 'its checksum is wrong'],
      [2, undefined],
    ],
  )
})

test('a batch with a wrong checksum passes over nothing that it does not hold, whatever it says of its end', () => {
  const last = (bytes: Buffer, from = 1) =>
    readBatches(bytes, { from, aborted: [], room: roomOfAnswer(), isLastTry: true })
  const lie = (batch: Buffer, lastDelta: number) => {
    batch.writeInt32BE(lastDelta, lastDeltaAt)
    return batch
  }
  const values = ['a', 'b', 'c']
  for (const lastDelta of [0, 1, 2, 7, 0x7fff0002, -1]) {
    const torn = lie(batchOf(values, { at: 1 }), lastDelta)
    const packed = lie(
      compressed(batchOf(values, { at: 1 }), 1, (bytes) => gzipSync(bytes)),
      lastDelta,
    )
    torn.writeUInt8(torn.readUInt8(torn.length - 1) ^ 1, torn.length - 1)
    packed.writeUInt8(packed.readUInt8(packed.length - 1) ^ 1, packed.length - 1)
    for (const batch of [torn, packed]) {
      const next = batchOf(['z'], { at: 4 })
      assert.ok(nextOf(last(batch)) <= 4, `alone, with ${lastDelta}`)
      const [before, ...behind] = last(Buffer.concat([batch, next]))
      assert.ok(before && before.nextOffset <= 4, `with ${lastDelta}`)
      assert.deepEqual(valuesOf(behind.flatMap(({ records }) => records)), ['z'])
      assert.equal(nextOf(last(Buffer.concat([batch, next.subarray(0, 20)]))) <= 4, true, 'the next one is cut off')
    }
  }
})

test('a damaged batch of a compacted log, which reaches further than its records, is passed in the end', () => {
  const batch = batchOf(['a', 'b'], { at: 1 })
  batch.writeInt32BE(50, lastDeltaAt)
  batch.writeUInt8(batch.readUInt8(batch.length - 1) ^ 1, batch.length - 1)
  const froms = [1]
  while (froms.length < 5 && (froms.at(-1) ?? 0) < 52) {
    const wanted = { from: froms.at(-1) ?? 0, aborted: [], room: roomOfAnswer(), isLastTry: true }
    froms.push(nextOf(readBatches(batch, wanted)))
  }
  assert.deepEqual(froms, [1, 3, 52])
})

const nextOf = (batches: readonly Batch[]) => batches.at(-1)?.nextOffset ?? assert.fail('nothing was read')

test('headers that are cut off throw, and nothing else of their record does', () => {
  const batch = batchOf(['x'])
  // The header's value says that it is longer than the record.
  batch.writeUInt8(120, batch.length - 2)
  const [record] = read(summed(batch))
  assert.deepEqual(valuesOf(record ? [record] : []), ['x'])
  assert.throws(() => record?.headers(), /cut off/)
})
