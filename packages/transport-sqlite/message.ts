/**
 * One message as the log keeps it: 12 bytes of lengths (id, key + 1 or 0 without a key, headers), then id, key and
 * headers (JSON) in UTF-8, then the body. One blob is one value to bind, and crosses to the worker without a copy.
 */
import type { Outgoing } from '@vestnik/bus/transport'

/** Bytes before the id. */
export const prefixBytes = 12

export interface Unpacked {
  readonly id: string
  readonly key: string | undefined
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

/** At most how many bytes a message needs, its headers given as JSON. */
export function roomFor(message: Outgoing, headers: string): number {
  return prefixBytes + 3 * (message.id.length + (message.key?.length ?? 0) + headers.length) + message.body.byteLength
}

/** Writes the message at the offset, and answers where it ends. */
export function pack(target: Buffer, offset: number, message: Outgoing, headers: string): number {
  let end = offset + prefixBytes
  const idBytes = target.write(message.id, end)
  end += idBytes
  const keyBytes = message.key === undefined ? 0 : target.write(message.key, end)
  end += keyBytes
  const headerBytes = target.write(headers, end)
  end += headerBytes
  target.set(message.body, end)
  target.writeUInt32LE(idBytes, offset)
  target.writeUInt32LE(message.key === undefined ? 0 : keyBytes + 1, offset + 4)
  target.writeUInt32LE(headerBytes, offset + 8)
  return end + message.body.byteLength
}

/** Reads the message between two offsets. Its body is a copy: it keeps nothing else in memory. */
export function unpack(source: Buffer, start: number, end: number): Unpacked {
  const idEnd = start + prefixBytes + source.readUInt32LE(start)
  const keyLength = source.readUInt32LE(start + 4)
  const keyEnd = keyLength === 0 ? idEnd : idEnd + keyLength - 1
  const headersEnd = keyEnd + source.readUInt32LE(start + 8)
  const body = new Uint8Array(end - headersEnd)
  source.copy(body, 0, headersEnd, end)
  return {
    id: source.toString('utf8', start + prefixBytes, idEnd),
    key: keyLength === 0 ? undefined : source.toString('utf8', idEnd, keyEnd),
    headers: JSON.parse(source.toString('utf8', keyEnd, headersEnd)),
    body,
  }
}

/** Where the key stands, as offsets; undefined without a key. */
export function keyRange(source: Buffer, start: number): readonly [number, number] | undefined {
  const keyLength = source.readUInt32LE(start + 4)
  if (keyLength === 0) return undefined
  const keyStart = start + prefixBytes + source.readUInt32LE(start)
  return [keyStart, keyStart + keyLength - 1]
}

/** The key of a message that stands alone. */
export function keyOf(blob: Uint8Array): string | undefined {
  const source = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  const range = keyRange(source, 0)
  return range && source.toString('utf8', range[0], range[1])
}
