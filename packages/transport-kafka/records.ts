/**
 * The record batches of a fetch (message format 2), read without trust: what is broken, or would grow too large when it
 * is decompressed, is answered as unreadable, and what stands behind it is read all the same. Pure.
 */
import { crc32c } from '@platformatic/kafka'
import { decompress } from './decompress.ts'
import { recurringTexts, textOf } from './texts.ts'

export interface KafkaRecord {
  readonly offset: number
  /** Milliseconds since 1970; negative where there is none. */
  readonly timestamp: number
  /** How much room it takes. */
  readonly bytes: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Those that are texts. @throws Error when they are cut off */
  headers(): readonly Header[]
  /** Why it could not be read; it then stands for its whole batch. */
  readonly unreadable?: string
}

export type Header = readonly [name: string, value: string]

export interface Batch {
  readonly records: readonly KafkaRecord[]
  /** The offset behind its last one, or behind the last that there was room for. */
  readonly nextOffset: number
  /** Which leader took it; a later one may have written anew where a log has lost its end. */
  readonly leaderEpoch: number
}

/** What may still be made of compressed batches, in all partitions of one answer: few bytes can stand for very many. */
export interface Room {
  bytes: number
  records: number
}

export const roomOfAnswer = (): Room => ({ bytes: 4 * 1024 * 1024, records: 4000 })

/** What was asked for. */
export interface Wanted {
  /** What stands before it in its batch is passed over. */
  readonly from: number
  readonly aborted: readonly Aborted[]
  readonly room: Room
  /** Batches with a wrong checksum are answered as unreadable; otherwise they are left, to be fetched again. @default false */
  readonly isLastTry?: boolean
}

/** A transaction that was given up: what its producer wrote from there on, up to its marker, never was. */
export interface Aborted {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

const headBytes = 61
/** One with neither key nor value nor headers. */
const leastRecordBytes = 7
const lengthAt = 8
const firstLength = 12
const checksumAt = 17
const checkedFrom = 21
const compressionBits = 0x07
const brokerTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20

/** Reads whole batches while there is room; the last one may have been cut off. Never throws. */
export function readBatches(bytes: Buffer, wanted: Wanted): readonly Batch[] {
  const batches: Batch[] = []
  const isAborted = followAborted(wanted.aborted)
  for (let at = 0; at + firstLength <= bytes.length; ) {
    const end = at + firstLength + bytes.readInt32BE(at + lengthAt)
    if (end > bytes.length || end < at + headBytes) break
    const batch = bytes.subarray(at, end)
    const found = headOf(batch)
    if (!wanted.isLastTry && found.isDamaged) break
    const head = found.isDamaged ? boundedBy(found, batch, bytes.subarray(end), wanted.from) : found
    if (isCompressed(head) && !hasRoom(wanted.room)) break
    const read = readBatch(batch, head, wanted, isAborted)
    batches.push(read)
    if (read.nextOffset < nextOffsetOf(head)) break
    at = end
  }
  return batches
}

type IsAborted = (head: Head, body: () => Buffer) => boolean

interface Head {
  readonly firstOffset: number
  readonly leaderEpoch: number
  readonly version: number
  readonly attributes: number
  readonly lastDelta: number
  readonly firstTime: number
  /** Stands for all records where the broker sets the times. */
  readonly lastTime: number
  readonly producerId: bigint
  readonly count: number
  /** Nothing but the first offset and the length is to be believed. */
  readonly isDamaged: boolean
}

function headOf(batch: Buffer): Head {
  return {
    firstOffset: Number(batch.readBigInt64BE(0)),
    leaderEpoch: batch.readInt32BE(12),
    version: batch.readInt8(16),
    attributes: batch.readInt16BE(21),
    lastDelta: Math.max(0, batch.readInt32BE(23)),
    firstTime: Number(batch.readBigInt64BE(27)),
    lastTime: Number(batch.readBigInt64BE(35)),
    producerId: batch.readBigInt64BE(43),
    count: batch.readInt32BE(57),
    isDamaged: isDamaged(batch),
  }
}

/** A damaged batch reaches no further than to what stands behind it; with nothing there, than what it can hold. */
function boundedBy(head: Head, { length }: Buffer, behind: Buffer, from: number): Head {
  const { firstOffset, lastDelta, count } = head
  const nextFirst = behind.length < 8 ? -1 : Number(behind.readBigInt64BE(0))
  if (nextFirst > Math.max(firstOffset, from)) {
    return { ...head, lastDelta: Math.min(lastDelta, nextFirst - 1 - firstOffset) }
  }
  const most = isCompressed(head) ? Number.POSITIVE_INFINITY : Math.floor((length - headBytes) / leastRecordBytes)
  const fitting = count > 0 ? Math.min(count, most) : most
  // Where the log was compacted a batch reaches further than its records do: it then comes once more, and is believed.
  return firstOffset + fitting > from ? { ...head, lastDelta: Math.min(lastDelta, fitting - 1) } : head
}

/** In older formats nothing but the first offset stands where it does in this one. */
const nextOffsetOf = ({ version, firstOffset, lastDelta }: Head): number =>
  firstOffset + (version === 2 ? lastDelta : 0) + 1

export const hasRoom = ({ bytes, records }: Room): boolean => bytes > 0 && records > 0

const isCompressed = ({ attributes }: Head): boolean => (attributes & compressionBits) !== 0

function isDamaged(batch: Buffer): boolean {
  return batch.readInt8(16) === 2 && batch.readUInt32BE(checksumAt) !== crc32c(batch.subarray(checkedFrom))
}

function readBatch(batch: Buffer, head: Head, wanted: Wanted, isAborted: IsAborted): Batch {
  const { leaderEpoch, firstOffset, firstTime } = head
  const nextOffset = nextOffsetOf(head)
  try {
    if (head.version !== 2) throw new Error(`it has the message format ${head.version}`)
    if (head.isDamaged) throw new Error('its checksum is wrong')
    const body = () => decompress(batch.subarray(headBytes), head.attributes & compressionBits)
    const isHidden = isAborted(head, body) || (head.attributes & controlBit) !== 0
    if (isHidden) return { records: [], nextOffset, leaderEpoch }
    const records = readRecords(body(), head, wanted)
    const last = records.at(-1)
    const isCut = isCompressed(head) && last !== undefined && !hasRoom(wanted.room)
    return { records, nextOffset: isCut ? last.offset + 1 : nextOffset, leaderEpoch }
  } catch (error) {
    const unreadable = error instanceof Error ? error.message : String(error)
    const place = { offset: firstOffset, timestamp: firstTime, bytes: batch.length }
    return { records: [{ ...place, key: null, value: null, headers: () => [], unreadable }], nextOffset, leaderEpoch }
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
    const key = readRecord(body(), { at: 0 }, head, 0)?.key
    if (key?.readInt16BE(2) === 0) open.delete(producerId)
    return true
  }
}

function readRecords(bytes: Buffer, head: Head, { from, room }: Wanted): KafkaRecord[] {
  const records: KafkaRecord[] = []
  const cursor = { at: 0 }
  const isBounded = isCompressed(head)
  for (let i = 0; i < head.count && (!isBounded || hasRoom(room)); i += 1) {
    const record = readRecord(bytes, cursor, head, from)
    if (!record) continue
    records.push(record)
    if (!isBounded) continue
    room.bytes -= record.bytes
    room.records -= 1
  }
  return records
}

interface Cursor {
  at: number
}

/** Undefined when it stands before what was asked for. */
function readRecord(bytes: Buffer, cursor: Cursor, head: Head, from: number): KafkaRecord | undefined {
  const length = readVarInt(bytes, cursor)
  const end = cursor.at + length
  if (length < 0 || end > bytes.length) throw new Error('its records are cut off')
  cursor.at += 1
  const delta = readLongVarInt(bytes, cursor)
  const timestamp = head.attributes & brokerTimeBit ? head.lastTime : head.firstTime + delta
  const offset = head.firstOffset + readVarInt(bytes, cursor)
  const at = cursor.at
  cursor.at = end
  if (offset < from) return undefined
  // One that runs for long would keep all that it was compressed with.
  if (isCompressed(head)) return withContent(offset, timestamp, Buffer.from(bytes.subarray(at, end)), 0, end - at)
  return withContent(offset, timestamp, bytes, at, end)
}

function withContent(offset: number, timestamp: number, bytes: Buffer, at: number, end: number): KafkaRecord {
  const cursor = { at }
  const key = readBytes(bytes, cursor)
  const value = readBytes(bytes, cursor)
  const headersAt = cursor.at
  return { offset, timestamp, bytes: end - at, key, value, headers: () => readHeaders(bytes, headersAt, end) }
}

const nameOf = recurringTexts()
const sameOf = recurringTexts()
/** What these say is nearly always the same. */
const recurring: ReadonlySet<string> = new Set(['content-type', 'ce_specversion', 'ce_type', 'ce_source'])

function readHeaders(bytes: Buffer, at: number, end: number): readonly Header[] {
  const headers: Header[] = []
  const cursor = { at }
  for (let left = readVarInt(bytes, cursor); left > 0 && cursor.at < end; left -= 1) {
    const nameLength = passBytes(bytes, cursor)
    const name = nameLength < 0 ? undefined : nameOf(bytes, cursor.at - nameLength, cursor.at)
    const length = passBytes(bytes, cursor)
    if (name === undefined || length < 0) continue
    const from = cursor.at - length
    const value = recurring.has(name) ? sameOf(bytes, from, cursor.at) : textOf(bytes, from, cursor.at)
    if (value !== undefined) headers.push([name, value])
  }
  return headers
}

function readBytes(bytes: Buffer, cursor: Cursor): Buffer | null {
  const length = passBytes(bytes, cursor)
  return length < 0 ? null : bytes.subarray(cursor.at - length, cursor.at)
}

/** Answers how many there were; -1 for none. */
function passBytes(bytes: Buffer, cursor: Cursor): number {
  const length = readVarInt(bytes, cursor)
  if (length < 0) return -1
  cursor.at += length
  if (cursor.at > bytes.length) throw new Error('its records are cut off')
  return length
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
