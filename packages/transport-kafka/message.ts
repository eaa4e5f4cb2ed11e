/** What a record says as a message: the headers that begin with `ce_` are CloudEvents' attributes. Pure. */
import type { Incoming } from '@vestnik/bus/transport'

export const prefix: string = 'ce_'
export const idHeader: string = `${prefix}id`
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

function fromKafkaName(name: string): string {
  return name.startsWith(prefix) ? `ce-${name.slice(prefix.length)}` : name.toLowerCase()
}
