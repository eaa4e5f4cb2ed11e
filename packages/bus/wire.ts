/**
 * What a message looks like on the wire: the body is the payload's JSON and nothing else; what the bus adds travels in
 * headers, as CloudEvents 1.0 attributes in binary mode (`ce-*`; each transport writes them as its broker's binding says).
 */
import type { Contract } from './contract.ts'
import { BusError } from './errors.ts'
import { fromIso, toIso } from './iso-time.ts'
import { indexable } from './texts.ts'
import type { Incoming } from './transport.ts'
import { type Validated, validate } from './validate.ts'

export interface Envelope {
  readonly source: string
  readonly time: number
  readonly expires: number | undefined
  readonly notBefore: number | undefined
}

export function encodeHeaders(contract: Contract, envelope: Envelope): Record<string, string> {
  return {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-type': contract.topic,
    'ce-source': envelope.source,
    'ce-time': toIso(envelope.time),
    ...(contract.version !== 1 && { 'ce-dataversion': String(contract.version) }),
    ...(envelope.expires !== undefined && { 'ce-expirytime': toIso(envelope.expires) }),
    ...(envelope.notBefore !== undefined && { 'ce-notbefore': toIso(envelope.notBefore) }),
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** @throws BusError `INVALID_PAYLOAD` for what JSON cannot carry */
export function encodeBody(contract: Contract, payload: unknown): Uint8Array {
  const text = JSON.stringify(payload)
  if (text === undefined) throw new BusError('INVALID_PAYLOAD', `publish ${contract.topic}: the payload is not JSON`)
  return encoder.encode(text)
}

/** A message as the bus understood it. With a `defect` it can have no effect, and its payload is not to be used. */
export interface Arrival extends Envelope {
  readonly id: string
  readonly key: string | undefined
  readonly payload: unknown
  readonly defect: Defect | undefined
}

export interface Defect {
  readonly reason: 'malformed headers' | 'unknown type' | 'newer version' | 'not JSON' | 'wrong schema'
  readonly error: BusError
}

type Message = Pick<Incoming, 'id' | 'key' | 'headers' | 'body'>

/**
 * Reads a message of the contract's topic, from us or from a peer that sends none of our headers; at once where the
 * schema answers at once. Never rejects: what cannot be read has a defect. `freshId` names a message that has no id of
 * its own.
 */
export function decode(
  contract: Contract,
  message: Message,
  now: number,
  freshId: () => string,
): Arrival | Promise<Arrival> {
  const read = readPayload(contract, message)
  return read instanceof Promise
    ? read.then((later) => arrivalOf(contract, message, later, now, freshId))
    : arrivalOf(contract, message, read, now, freshId)
}

function arrivalOf(
  contract: Contract,
  message: Message,
  { payload, defect }: Read,
  now: number,
  freshId: () => string,
): Arrival {
  const ours = message.headers['ce-source'] !== undefined && message.headers['ce-type'] !== undefined
  const time = fromIso(message.headers['ce-time']) ?? now
  const own = defect === undefined || defect.reason !== 'malformed headers'
  return {
    id: (own && message.id) || (!defect && indexable(contract.idOf?.(payload) ?? '')) || freshId(),
    source: own && ours ? (message.headers['ce-source'] ?? '') : '',
    key: message.key ?? (defect ? undefined : contract.key?.(payload)),
    time,
    expires:
      fromIso(message.headers['ce-expirytime']) ?? (contract.lifeMs === undefined ? undefined : time + contract.lifeMs),
    notBefore: fromIso(message.headers['ce-notbefore']),
    payload,
    defect,
  }
}

interface Read {
  readonly payload?: unknown
  readonly defect: Defect | undefined
}

function readPayload(contract: Contract, { id, headers, body }: Message): Read | Promise<Read> {
  if (!isName(id) || !isName(headers['ce-source'] ?? '')) {
    const why = 'the id or source is longer than 255 characters or has control characters'
    return broken(contract, 'malformed headers', why)
  }
  const type = headers['ce-type'] ?? contract.topic
  if (type !== contract.topic)
    return broken(contract, 'unknown type', `its type is ${JSON.stringify(type.slice(0, 120))}`)
  const version = Number(headers['ce-dataversion'] ?? 1)
  if (!(version <= contract.version)) {
    const why = `its version is ${headers['ce-dataversion']}, this reader knows ${contract.version}`
    return broken(contract, 'newer version', why)
  }
  const parsed = parse(body)
  if (!parsed) return broken(contract, 'not JSON', `its ${body.length} bytes are not JSON in UTF-8`)
  const checked = validate(contract.schema, parsed.value)
  return checked instanceof Promise ? checked.then((later) => readOf(contract, later)) : readOf(contract, checked)
}

function readOf(contract: Contract, checked: Validated<unknown>): Read {
  if (checked.issues === undefined) return { payload: checked.value, defect: undefined }
  return broken(contract, 'wrong schema', checked.issues, 'INVALID_PAYLOAD')
}

function broken(
  { topic }: Contract,
  reason: Defect['reason'],
  why: string,
  code: 'INVALID_PAYLOAD' | 'PERMANENT' = 'PERMANENT',
): Read {
  return { defect: { reason, error: new BusError(code, `read ${topic}: ${why}`) } }
}

function parse(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(decoder.decode(body)) }
  } catch {
    return undefined
  }
}

const isName = (text: string) => text.length <= 255 && !/\p{Cc}/u.test(text)
