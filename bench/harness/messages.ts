/** The messages that are measured: a body of 60 bytes, headers of about 200, a thousand keys. */
import type { Outgoing } from '@vestnik/bus/transport'

export const keys = 1_000

/** What a body says, when it is read as JSON. */
export interface Payload {
  readonly n: number
  readonly customer: string
  readonly at: number
  readonly note: string
}

const encoder = new TextEncoder()

/** The n-th payload: JSON of 60 bytes and a little. */
export function payload(n: number, at = 1_750_000_000_000): Payload {
  return { n, customer: keyOf(n), at, note: 'ok' }
}

export function keyOf(n: number): string {
  return `c${n % keys}`
}

const made: Pick<Outgoing, 'key' | 'headers' | 'body'>[] = []

/**
 * The n-th message, with headers like those of the bus. A body and its headers are made once for each key, as
 * making them is not what is measured.
 */
export function message(n: number, run = 'a'): Outgoing {
  const i = n % keys
  made[i] ??= { key: keyOf(i), headers: headersOf(), body: encoder.encode(JSON.stringify(payload(i))) }
  const { key = '', headers, body } = made[i]
  return { id: `${run}-${String(n).padStart(24, '0')}`, topic: 'order.placed', key, headers, body }
}

function headersOf(): Record<string, string> {
  return {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-type': 'order.placed',
    'ce-source': 'shop',
    'ce-time': '2026-01-17T15:32:26.486Z',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  }
}
