/**
 * A message as the bytes of a record: CloudEvents' attributes in headers that begin with `ce_`, everything else in headers
 * of its own name, the key as the record's key, the payload's bytes as its value. Pure.
 */
import type { Outgoing } from '@vestnik/bus/transport'
import { idHeader, prefix } from './message.ts'
import { writeNone, writeVarint } from './varint.ts'

export interface OutgoingRecord {
  readonly key: Buffer | undefined
  /** Key, value and headers, as they stand in a batch. */
  readonly content: Buffer
  /** How much of it is not the value. */
  readonly besideBytes: number
}

/** What headers and key may take of a record. */
const mostBesideBytes = 64 * 1024

/** Whether the headers and the key take more room than there is. */
export function hasTooManyHeaders({ besideBytes }: OutgoingRecord): boolean {
  return besideBytes > mostBesideBytes
}

/** Many small records share the memory that they are written into. */
const slabBytes = 64 * 1024
let slab = Buffer.allocUnsafeSlow(slabBytes)
let used = 0

export function toRecord(message: Outgoing): OutgoingRecord {
  const most = mostBytes(message)
  if (most > slabBytes) return write(message, Buffer.allocUnsafeSlow(most), 0)
  if (most > slabBytes - used) {
    slab = Buffer.allocUnsafeSlow(slabBytes)
    used = 0
  }
  const record = write(message, slab, used)
  used += record.content.length
  return record
}

/** A length takes at most five bytes, and a letter three. */
function mostBytes({ id, key, headers, body }: Outgoing): number {
  let bytes = 40 + 3 * (id.length + (key?.length ?? 0)) + body.byteLength
  for (const name in headers) bytes += 10 + 3 * (name.length + (headers[name]?.length ?? 0))
  return bytes
}

function write({ id, key, headers, body }: Outgoing, into: Buffer, from: number): OutgoingRecord {
  let at = key === undefined ? writeNone(into, from) : writeText(into, from, key)
  const keyEnd = at
  at = writeVarint(into, at, body.byteLength)
  into.set(body, at)
  at = writeVarint(into, at + body.byteLength, countOf(headers) + 1)
  at = writeText(into, writeText(into, at, idHeader), id)
  for (const name in headers) at = writeText(into, writeText(into, at, toKafkaName(name)), headers[name] ?? '')
  return {
    key: key === undefined ? undefined : into.subarray(textFrom(into, from), keyEnd),
    content: into.subarray(from, at),
    besideBytes: at - from - body.byteLength,
  }
}

/** Its length and itself. Nearly all of it is short and ASCII, which is written faster here than by a call for each. */
function writeText(into: Buffer, from: number, text: string): number {
  const { length } = text
  const start = writeVarint(into, from, length)
  for (let i = 0; i < length; i += 1) {
    const letter = text.charCodeAt(i)
    if (letter > 0x7f) return writeUtf8(into, from, text)
    into[start + i] = letter
  }
  return start + length
}

function writeUtf8(into: Buffer, from: number, text: string): number {
  const start = writeVarint(into, from, Buffer.byteLength(text))
  return start + into.write(text, start, 'utf8')
}

/** Where the text begins whose length stands there. */
function textFrom(bytes: Buffer, at: number): number {
  let last = at
  while (bytes.readUInt8(last) > 0x7f) last += 1
  return last + 1
}

function countOf(headers: Outgoing['headers']): number {
  let count = 0
  for (const _ in headers) count += 1
  return count
}

/** The names are few and always the same. */
const kafkaNames = new Map<string, string>()

function toKafkaName(name: string): string {
  const known = kafkaNames.get(name)
  if (known !== undefined) return known
  const made = name.startsWith('ce-') ? prefix + name.slice(3) : name
  if (kafkaNames.size < 1000) kafkaNames.set(name, made)
  return made
}
