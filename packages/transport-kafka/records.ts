/**
 * The record batches of a fetch (message format 2), read without trust: what is broken, or would grow too large when it
 * is decompressed, is answered as unreadable, and what stands behind it is read all the same. Pure.
 */
import { decompress } from './decompress.ts'

export interface KafkaRecord {
  readonly offset: number
  /** Milliseconds since 1970; negative where there is none. */
  readonly timestamp: number
  /** How much room it takes. */
  readonly bytes: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  headers(): readonly (readonly [name: Buffer, value: Buffer | null])[]
  /** Why it could not be read; it then stands for its whole batch. */
  readonly unreadable?: string
}

export interface Batch {
  readonly records: readonly KafkaRecord[]
  /** The offset behind its last one. */
  readonly nextOffset: number
}

/** A transaction that was given up: what its producer wrote from there on, up to its marker, never was. */
export interface Aborted {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

const headBytes = 61
const lengthAt = 8
const firstLength = 12
const brokerTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20

/** Reads all whole batches; the last one may have been cut off. Never throws. */
export function readBatches(bytes: Buffer, aborted: readonly Aborted[]): readonly Batch[] {
  const batches: Batch[] = []
  const isAborted = followAborted(aborted)
  for (let at = 0; at + firstLength <= bytes.length; ) {
    const end = at + firstLength + bytes.readInt32BE(at + lengthAt)
    if (end > bytes.length || end < at + headBytes) break
    batches.push(readBatch(bytes.subarray(at, end), isAborted))
    at = end
  }
  return batches
}

type IsAborted = (head: Head, body: () => Buffer) => boolean

interface Head {
  readonly firstOffset: number
  readonly attributes: number
  readonly lastDelta: number
  readonly firstTime: number
  /** Stands for all records where the broker sets the times. */
  readonly lastTime: number
  readonly producerId: bigint
  readonly count: number
}

function readBatch(batch: Buffer, isAborted: IsAborted): Batch {
  const head: Head = {
    firstOffset: Number(batch.readBigInt64BE(0)),
    attributes: batch.readInt16BE(21),
    lastDelta: Math.max(0, batch.readInt32BE(23)),
    firstTime: Number(batch.readBigInt64BE(27)),
    lastTime: Number(batch.readBigInt64BE(35)),
    producerId: batch.readBigInt64BE(43),
    count: batch.readInt32BE(57),
  }
  const nextOffset = head.firstOffset + head.lastDelta + 1
  const version = batch.readInt8(16)
  try {
    if (version !== 2) throw new Error(`it has the message format ${version}`)
    const body = () => decompress(batch.subarray(headBytes), head.attributes & 7)
    const isHidden = isAborted(head, body) || (head.attributes & controlBit) !== 0
    return { records: isHidden ? [] : readRecords(body(), head), nextOffset }
  } catch (error) {
    const unreadable = error instanceof Error ? error.message : String(error)
    const place = { offset: head.firstOffset, timestamp: head.firstTime, bytes: batch.length }
    return { records: [{ ...place, key: null, value: null, headers: () => [], unreadable }], nextOffset }
  }
}

/** Follows the markers of transactions from batch to batch, as the broker's answer begins. */
function followAborted(transactions: readonly Aborted[]): IsAborted {
  const waiting = transactions.toSorted((a, b) => Number(a.firstOffset - b.firstOffset))
  const open = new Set<bigint>()
  return (head, body) => {
    const { firstOffset, lastDelta, attributes, producerId } = head
    while (waiting[0] && Number(waiting[0].firstOffset) <= firstOffset + lastDelta) {
      open.add(waiting.shift()?.producerId ?? -1n)
    }
    if ((attributes & transactionalBit) === 0) return false
    if ((attributes & controlBit) === 0) return open.has(producerId)
    // The marker's key is its version and its type: 0 gives the transaction up.
    const key = readRecords(body(), head)[0]?.key
    if (key?.readInt16BE(2) === 0) open.delete(producerId)
    return true
  }
}

function readRecords(bytes: Buffer, head: Head): KafkaRecord[] {
  const records: KafkaRecord[] = []
  const cursor = { at: 0 }
  for (let i = 0; i < head.count; i += 1) records.push(readRecord(bytes, cursor, head))
  return records
}

interface Cursor {
  at: number
}

function readRecord(
  bytes: Buffer,
  cursor: Cursor,
  { attributes, firstOffset, firstTime, lastTime }: Head,
): KafkaRecord {
  const length = readVarInt(bytes, cursor)
  const end = cursor.at + length
  if (length < 0 || end > bytes.length) throw new Error('its records are cut off')
  cursor.at += 1
  const delta = readLongVarInt(bytes, cursor)
  const timestamp = attributes & brokerTimeBit ? lastTime : firstTime + delta
  const offset = firstOffset + readVarInt(bytes, cursor)
  const key = readBytes(bytes, cursor)
  const value = readBytes(bytes, cursor)
  const headersAt = cursor.at
  cursor.at = end
  return { offset, timestamp, bytes: length, key, value, headers: () => readHeaders(bytes, headersAt, end) }
}

function readHeaders(bytes: Buffer, at: number, end: number): readonly (readonly [Buffer, Buffer | null])[] {
  const headers: (readonly [Buffer, Buffer | null])[] = []
  const cursor = { at }
  for (let left = readVarInt(bytes, cursor); left > 0 && cursor.at < end; left -= 1) {
    const name = readBytes(bytes, cursor)
    if (name === null) break
    headers.push([name, readBytes(bytes, cursor)])
  }
  return headers
}

function readBytes(bytes: Buffer, cursor: Cursor): Buffer | null {
  const length = readVarInt(bytes, cursor)
  if (length < 0) return null
  const at = cursor.at
  cursor.at = at + length
  if (cursor.at > bytes.length) throw new Error('its records are cut off')
  return bytes.subarray(at, cursor.at)
}

/** Zigzag, at most 32 bits. */
function readVarInt(bytes: Buffer, cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[cursor.at]
    if (byte === undefined) break
    cursor.at += 1
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
  }
  throw new Error('its records are cut off')
}

/** Zigzag, of up to 64 bits, of which a number keeps 53. */
function readLongVarInt(bytes: Buffer, cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[cursor.at]
    if (byte === undefined) break
    cursor.at += 1
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  throw new Error('its records are cut off')
}
