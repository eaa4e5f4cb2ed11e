/** What may be bound: the driver would silently take other values for NULL or 1, so they are refused before it sees them. */
import { BusError } from '@vestnik/bus/errors'
import type { SqlValue } from '@vestnik/bus/store'

const lowest = -(2n ** 63n)
const highest = 2n ** 63n - 1n

/**
 * The values as the driver is to bind them. Whole numbers become bigints, as the driver binds every number as REAL,
 * which a TEXT column or `||` then turns into `5.0`.
 * @throws BusError `SQL_VALUE`
 */
export function bindable(sql: string, values: readonly SqlValue[]): SqlValue[] {
  const bound = new Array<SqlValue>(values.length)
  for (let i = 0; i < values.length; i += 1) bound[i] = bindableOne(sql, values[i], i)
  return bound
}

function bindableOne(sql: string, value: SqlValue | undefined, index: number): SqlValue {
  if (typeof value === 'string' || value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return Number.isSafeInteger(value) ? BigInt(value) : value
  if (value instanceof Uint8Array) return value
  if (typeof value === 'bigint' && value >= lowest && value <= highest) return value
  throw new BusError(
    'SQL_VALUE',
    `bind value ${index + 1} of ${shorten(sql)}: ${describe(value)} is not a string, finite number, 64-bit bigint, Uint8Array or null`,
  )
}

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
