/**
 * A message as Kafka carries it: CloudEvents' attributes in headers that begin with `ce_`, everything else in headers of
 * its own name, the key as the record's key, the payload's bytes as its value. Pure.
 */
import type { Incoming, Outgoing } from '@vestnik/bus/transport'

const prefix = 'ce_'
const idHeader = `${prefix}id`
/** What headers may take of a record. */
const maxHeaderBytes = 64 * 1024

/** A record to be sent: its headers as the client takes them. */
export interface OutgoingRecord {
  readonly key: Buffer | undefined
  readonly value: Buffer
  readonly headers: Map<Buffer, Buffer>
  /** About what it takes in a batch. */
  readonly bytes: number
}

export function toRecord({ id, key, headers, body }: Outgoing): OutgoingRecord {
  const carried = new Map<Buffer, Buffer>([[idName, Buffer.from(id)]])
  let bytes = overheadBytes + id.length
  for (const name in headers) {
    const value = toValue(name, headers[name] ?? '')
    carried.set(toKafkaName(name), value)
    bytes += 10 + name.length + value.length
  }
  const keyBytes = key === undefined ? undefined : Buffer.from(key)
  bytes += (keyBytes?.length ?? 0) + body.byteLength
  return { key: keyBytes, value: asBuffer(body), headers: carried, bytes }
}

/** What these say is nearly always the same. */
const recurring: ReadonlySet<string> = new Set(['content-type', 'ce-specversion', 'ce-type', 'ce-source'])
const values = new Map<string, Buffer>()

function toValue(name: string, text: string): Buffer {
  if (!recurring.has(name)) return Buffer.from(text)
  const known = values.get(text)
  if (known !== undefined) return known
  const made = Buffer.from(text)
  if (values.size < 1000 && text.length < 300) values.set(text, made)
  return made
}

/** Lengths, times and the like of a record, generously. */
const overheadBytes = 100

/** Whether the headers and the key take more room than there is. */
export function hasTooManyHeaders(record: OutgoingRecord): boolean {
  return record.bytes - record.value.length > maxHeaderBytes
}

/** A record as it was fetched. */
export interface FetchedRecord {
  readonly key: Uint8Array | null | undefined
  readonly value: Uint8Array | null | undefined
  readonly headers: Iterable<readonly [Uint8Array | null, Uint8Array | null]>
  /** Milliseconds since 1970; negative where there is none. */
  readonly timestamp: bigint
  readonly offset: bigint
}

/** Where a record was fetched: the topic's name in the contract, and at the broker. */
export interface Place {
  readonly topic: string
  readonly name: string
  readonly partition: number
}

/** Never throws: what a peer sent in another shape is read as far as it can be. */
export function fromRecord(record: FetchedRecord, { topic, name, partition }: Place, redelivered: boolean): Incoming {
  const position = `${name}/${partition}@${record.offset}`
  const headers: Record<string, string> = {}
  let id: string | undefined
  for (const [nameBytes, value] of record.headers) {
    const header = textOf(nameBytes)
    const text = textOf(value)
    if (header === undefined || text === undefined) continue
    if (header === idHeader) id = text
    else headers[fromKafkaName(header)] = text
  }
  const time = timeOf(record.timestamp)
  // The life of what others sent counts from then; what we sent says it itself.
  if (time !== undefined && (id === undefined || 'ce-specversion' in headers)) headers['ce-time'] ??= time
  const key = record.key === null || record.key === undefined ? undefined : keyOf(record.key)
  return {
    id: id || idOfPosition(position, record.timestamp),
    ...(key !== undefined && { key }),
    ...{ topic, headers, body: record.value ?? nothing, redelivered, at: `kafka:${position}` },
  }
}

/** With its time, as a topic that was deleted and made again counts its positions from the start. */
const idOfPosition = (position: string, timestamp: bigint): string => `${position}/${timestamp}`

const nothing = new Uint8Array(0)
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined for what is not UTF-8. */
function textOf(bytes: Uint8Array | null): string | undefined {
  if (bytes === null) return undefined
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Two keys never become one. */
const keyOf = (bytes: Uint8Array): string => textOf(bytes) ?? `hex:${Buffer.from(bytes).toString('hex')}`

const mostMs = 8_640_000_000_000_000n

function timeOf(timestamp: bigint): string | undefined {
  return timestamp < 0n || timestamp > mostMs ? undefined : new Date(Number(timestamp)).toISOString()
}

/** The names are few and always the same. */
const kafkaNames = new Map<string, Buffer>()

function toKafkaName(name: string): Buffer {
  const known = kafkaNames.get(name)
  if (known !== undefined) return known
  const made = Buffer.from(name.startsWith('ce-') ? prefix + name.slice(3) : name)
  if (kafkaNames.size < 1000) kafkaNames.set(name, made)
  return made
}

const idName = Buffer.from(idHeader)

function fromKafkaName(name: string): string {
  return name.startsWith(prefix) ? `ce-${name.slice(prefix.length)}` : name.toLowerCase()
}

const asBuffer = (body: Uint8Array): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
