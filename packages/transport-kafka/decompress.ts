/**
 * Decompresses what a record batch holds, up to a bound that is known before the room is taken: a few hundred bytes can
 * stand for gigabytes. Pure.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'

/** A batch has at most a mebibyte unless a broker is set otherwise; JSON becomes 5 to 20 times as long. */
export const maxOutputLength: number = 32 * 1024 * 1024

/** @throws Error when the bytes are broken, would be too long, or the way is not known */
export function decompress(bytes: Buffer, way: number): Buffer {
  switch (way) {
    case 0:
      return bytes
    case 1:
      return bounded(() => gunzipSync(bytes, { maxOutputLength }))
    case 2:
      checkLength(snappyLength(bytes))
      return compressionsAlgorithms.snappy.decompressSync(bytes)
    case 3:
      checkLength(lz4Length(bytes))
      return compressionsAlgorithms.lz4.decompressSync(bytes)
    case 4:
      return bounded(() => zstdDecompressSync(bytes, { maxOutputLength }))
    default:
      throw new Error(`it is compressed in a way that is not known (${way})`)
  }
}

function bounded(run: () => Buffer): Buffer {
  try {
    return run()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      checkLength(Number.POSITIVE_INFINITY)
    throw error
  }
}

function checkLength(length: number): void {
  if (length > maxOutputLength) throw new Error(`decompressed it would have more than ${maxOutputLength} bytes`)
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const xerialHead = 16

/** What the blocks say of themselves; Java puts several into a frame of its own. */
function snappyLength(bytes: Buffer): number {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return lengthAtFront(bytes)
  let length = 0
  for (let at = xerialHead; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    length += lengthAtFront(bytes.subarray(at + 4, end))
    at = end
  }
  return length
}

function lengthAtFront(bytes: Buffer): number {
  let length = 0
  for (let i = 0; i < 5; i += 1) {
    const byte = bytes[i] ?? 0
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) break
  }
  return length
}

/** The most that the blocks of a frame can come to: a byte stands for at most 255. */
function lz4Length(bytes: Buffer): number {
  const flags = bytes[4] ?? 0
  const most = 2 ** (8 + 2 * (((bytes[5] ?? 0) >> 4) & 7))
  const afterBlock = flags & 0x10 ? 4 : 0
  let length = 0
  for (let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0); at + 4 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at)
    if (size === 0) break
    const stored = size & 0x7fffffff
    length += Math.min(most, size > 0x7fffffff ? stored : stored * 255)
    at += 4 + stored + afterBlock
  }
  return length
}
