/** Messages on their way from the worker to the main thread, in one buffer that changes hands without a copy. */
import { entryBytes, type FromWorker } from './protocol.ts'

export interface Entry {
  readonly shard: number
  readonly tag: number
  /** See `flags`. */
  readonly bits: number
  readonly message: Uint8Array
}

export function entriesMessage(no: number, entries: readonly Entry[]): Extract<FromWorker, { kind: 'messages' }> {
  const size = entries.reduce((sum, entry) => sum + entryBytes + entry.message.length, 0)
  const target = Buffer.allocUnsafeSlow(size)
  let offset = 0
  for (const { tag, bits, message } of entries) {
    target.writeDoubleLE(tag, offset)
    target.writeUInt32LE(bits, offset + 8)
    target.writeUInt32LE(message.length, offset + 12)
    target.set(message, offset + entryBytes)
    offset += entryBytes + message.length
  }
  return { kind: 'messages', no, buffer: target.buffer, count: entries.length }
}
