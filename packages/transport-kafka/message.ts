/** What a record says as a message: the headers that begin with `ce_` are CloudEvents' attributes. Pure. */
import type { Incoming } from '@vestnik/bus/transport'
import { textOf } from './texts.ts'

export const prefix: string = 'ce_'
export const idHeader: string = `${prefix}id`

/** A record as it was fetched. */
export interface FetchedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Iterable<readonly [name: Text, value: Text]>
  /** Milliseconds since 1970; negative where there is none. */
  readonly timestamp: number | bigint
  readonly offset: number | bigint
}

/** Read already, or bytes that may be no text. */
type Text = string | Buffer | null

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
  for (const [name, value] of record.headers) {
    const header = toText(name)
    const text = toText(value)
    if (header === undefined || text === undefined) continue
    if (header === idHeader) id = text
    else headers[fromKafkaName(header)] = text
  }
  // The life of what others sent counts from then; what we sent says it itself.
  if (headers['ce-time'] === undefined && (id === undefined || 'ce-specversion' in headers)) {
    const time = timeOf(Number(record.timestamp))
    if (time !== undefined) headers['ce-time'] = time
  }
  id ||= idOfPosition(position, record.timestamp)
  const body = record.value ?? nothing
  const at = `kafka:${position}`
  if (record.key === null) return { id, topic, headers, body, redelivered, at }
  return { id, key: keyOf(record.key), topic, headers, body, redelivered, at }
}

/** With its time, as a topic that was deleted and made again counts its positions from the start. */
const idOfPosition = (position: string, timestamp: number | bigint): string => `${position}/${timestamp}`

const nothing = new Uint8Array(0)

/** Undefined for what is not UTF-8. */
const toText = (text: Text): string | undefined => (Buffer.isBuffer(text) ? textOf(text) : (text ?? undefined))

/** Two keys never become one. */
const keyOf = (bytes: Buffer): string => textOf(bytes) ?? `hex:${bytes.toString('hex')}`

const mostMs = 8_640_000_000_000_000

function timeOf(timestamp: number): string | undefined {
  return timestamp < 0 || timestamp > mostMs ? undefined : new Date(timestamp).toISOString()
}

/** The names are few and always the same. */
const names = new Map<string, string>()

function fromKafkaName(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  const made = name.startsWith(prefix) ? `ce-${name.slice(prefix.length)}` : name.toLowerCase()
  if (names.size < 1000) names.set(name, made)
  return made
}
