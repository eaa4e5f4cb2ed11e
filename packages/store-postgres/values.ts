/** What may be bound, and how rows are read: exactly, and as the same kinds of values as with every store. */
import { BusError } from '@vestnik/bus/errors'
import type { SqlValue } from '@vestnik/bus/store'

const lowest = -(2n ** 63n)
const highest = 2n ** 63n - 1n

/**
 * The values as the client is to bind them: text without types, of which the server makes what the place needs.
 * @throws BusError `SQL_VALUE`
 */
export function bindable(sql: string, values: readonly SqlValue[]): (string | Buffer | null)[] {
  return values.map((value, index) => bindableOne(sql, value, index))
}

function bindableOne(sql: string, value: SqlValue | undefined, index: number): string | Buffer | null {
  if (value === null) return null
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return value
    throw refused(sql, index, 'a text with NUL or half of a surrogate pair, which PostgreSQL cannot hold,')
  }
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (typeof value === 'bigint' && value >= lowest && value <= highest) return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw refused(sql, index, describe(value))
}

const refused = (sql: string, index: number, what: string): BusError =>
  new BusError(
    'SQL_VALUE',
    `bind value ${index + 1} of ${shorten(sql)}: ${what} is not a string, finite number, 64-bit bigint, Uint8Array or null`,
  )

function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'value without prototype'}`
  return typeof value
}

/** The beginning of a statement, for messages. Never its values. */
export function shorten(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim()
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 79)}…` : line)
}

const readers: Readonly<Record<number, (text: string) => SqlValue>> = {
  16: (text) => (text === 't' ? 1 : 0),
  17: readBytes,
  20: readInteger,
  21: Number,
  23: Number,
  26: Number,
  700: Number,
  701: Number,
  // An exact decimal stays text: a number would round it.
  1700: (text) => (/^-?\d+$/.test(text) ? readInteger(text) : text),
}

const asText = (text: string): SqlValue => text

/** How the client reads a column of this type; what has no kind of its own among the values is text. */
export const readerOf = (type: number): ((text: string) => SqlValue) => readers[type] ?? asText

function readInteger(text: string): SqlValue {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** The server writes `\x` and two digits for each byte, as every connection of ours asks for. */
function readBytes(text: string): SqlValue {
  return Uint8Array.fromHex(text.slice(2))
}
