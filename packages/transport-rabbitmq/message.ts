/**
 * A message as AMQP carries it: CloudEvents' attributes in headers that begin with `cloudEvents:` and, where AMQP has a
 * property for them, there too; everything else in headers of its own name. Pure.
 */
import type { Incoming, Outgoing } from '@vestnik/bus/transport'
import type { MessageProperties } from 'amqplib'

/** What is sent beside the body. */
export interface Properties {
  readonly persistent: true
  readonly mandatory: true
  readonly headers: Readonly<Record<string, string>>
  contentType?: string
  messageId?: string
  /** Seconds since 1970. */
  timestamp?: number
  type?: string
  appId?: string
}

/** All headers of a message go into one frame, of which the broker takes 128 KiB. */
const maxHeaderBytes = 64 * 1024

const prefix = 'cloudEvents:'
const keyHeader = `${prefix}partitionkey`
const idHeader = `${prefix}id`
/** What a broker adds to a message on its way. */
const added: ReadonlySet<string> = new Set(['x-death', 'x-delivery-count', 'x-acquired-count'])

export function toAmqp({ id, key, headers }: Outgoing): Properties {
  const carried: Record<string, string> = {}
  const properties: Properties = { persistent: true, mandatory: true, headers: carried }
  for (const name in headers) {
    const value = headers[name] ?? ''
    if (name === 'content-type' && isShort(value)) properties.contentType = value
    else carried[toAmqpName(name)] = value
  }
  // Of a peer's own message-id nobody knows whether it is unique: ours stands in a header too.
  carried[idHeader] = id
  if (isShort(id)) properties.messageId = id
  if (key !== undefined) carried[keyHeader] = key
  addProperties(properties, headers)
  return properties
}

/** Copies of attributes, for people and for peers that know no CloudEvents. */
function addProperties(properties: Properties, headers: Outgoing['headers']): void {
  const { 'ce-type': type, 'ce-source': source, 'ce-time': time } = headers
  if (type !== undefined && isShort(type)) properties.type = type
  if (source !== undefined && isShort(source)) properties.appId = source
  const seconds = time === undefined ? Number.NaN : Math.floor(Date.parse(time) / 1000)
  if (seconds >= 0) properties.timestamp = seconds
}

/** What an existing peer sends: a durable body and nothing else. */
export const plain: Properties = { persistent: true, mandatory: true, headers: {} }

/** Whether the headers take more room than there is. */
export function hasTooManyHeaders(message: Outgoing): boolean {
  const { id, key = '', headers } = message
  let length = id.length + key.length
  for (const name in headers) length += 20 + name.length + (headers[name] ?? '').length
  // No character has more than three bytes: these are seldom counted.
  return 200 + 3 * length > maxHeaderBytes && headerBytes(message) > maxHeaderBytes
}

/** How much room the headers take, about. */
export function headerBytes({ id, key, headers }: Outgoing): number {
  let bytes = 200 + 3 * (id.length + (key?.length ?? 0))
  for (const name in headers) bytes += 20 + name.length + Buffer.byteLength(headers[name] ?? '')
  return bytes
}

type Read = Pick<Incoming, 'id' | 'headers'> & { readonly key?: string }

/** Never throws: what a peer sent in another shape is read as far as it can be. */
export function fromAmqp({ contentType, headers: carried }: MessageProperties): Read {
  const headers: Record<string, string> = {}
  let key: string | undefined
  let id = ''
  if (typeof contentType === 'string') headers['content-type'] = contentType
  for (const name in carried) {
    const value = toText(carried[name])
    if (value === undefined || added.has(name)) continue
    if (name === keyHeader) key = value
    else if (name === idHeader) id = value
    else headers[fromAmqpName(name)] = value
  }
  return key === undefined ? { id, headers } : { id, headers, key }
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined
}

/** Properties of AMQP hold at most 255 bytes. */
const isShort = (text: string) => text.length <= 255 && (text.length <= 85 || Buffer.byteLength(text) <= 255)

/** The names are few and always the same. */
const amqpNames = new Map<string, string>()

function toAmqpName(name: string): string {
  const known = amqpNames.get(name)
  if (known !== undefined) return known
  const made = name.startsWith('ce-') ? prefix + name.slice(3) : name
  if (amqpNames.size < 1000) amqpNames.set(name, made)
  return made
}

const ownNames = new Map<string, string>()

function fromAmqpName(name: string): string {
  const known = ownNames.get(name)
  if (known !== undefined) return known
  const made = name.startsWith(prefix) ? `ce-${name.slice(prefix.length)}` : name.toLowerCase()
  if (ownNames.size < 1000) ownNames.set(name, made)
  return made
}
