/** A batch of records as a broker stores it (message format 2), numbered, so that it is stored once however often it is sent. Pure. */
import { crc32c } from '@platformatic/kafka'
import type { OutgoingRecord } from './record.ts'
import { sizeOfVarint, writeVarint } from './varint.ts'

/** What a broker knows a batch of a partition by. */
export interface Numbers {
  readonly producerId: bigint
  readonly epoch: number
  /** Of its first record; each record has the next. */
  readonly sequence: number
}

const headBytes = 61
/** From the leader's epoch on. */
const lengthFrom = 12
const crcAt = 17
const crcFrom = 21

/** All records have the same time, in milliseconds since 1970. */
export function encodeBatch(records: readonly OutgoingRecord[], numbers: Numbers, time: number): Buffer {
  const bytes = records.reduce((sum, record) => sum + mostLengths + record.content.length, headBytes)
  const batch = Buffer.allocUnsafe(bytes)
  let at = headBytes
  for (const [delta, { content }] of records.entries()) {
    // Attributes, and how much later than the first: none.
    at = writeVarint(batch, at, 2 + sizeOfVarint(delta) + content.length)
    batch[at] = 0
    batch[at + 1] = 0
    at = writeVarint(batch, at + 2, delta)
    at += content.copy(batch, at)
  }
  const whole = batch.subarray(0, at)
  writeHead(whole, records.length, numbers, BigInt(time))
  whole.writeUInt32BE(crc32c(whole.subarray(crcFrom)), crcAt)
  return whole
}

/** What a record takes besides its content: length, attributes, time and place, generously. */
export const mostLengths = 12

function writeHead(batch: Buffer, count: number, { producerId, epoch, sequence }: Numbers, time: bigint): void {
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - lengthFrom, 8)
  batch.writeInt32BE(-1, lengthFrom)
  batch.writeInt8(2, 16)
  // No compression, the time is ours, no transaction.
  batch.writeInt16BE(0, crcFrom)
  batch.writeInt32BE(count - 1, 23)
  batch.writeBigInt64BE(time, 27)
  batch.writeBigInt64BE(time, 35)
  batch.writeBigInt64BE(producerId, 43)
  batch.writeInt16BE(epoch, 51)
  batch.writeInt32BE(sequence, 53)
  batch.writeInt32BE(count, 57)
}
