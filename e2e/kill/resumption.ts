/** After an outage: how long it takes until orders of each key are booked again. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { placesIn } from './orders.ts'

const lookMs = 25
const mostMs = 120_000

/**
 * Resolves with a time in milliseconds for each key, from now on until an order of that key is booked that was not
 * before. Rejects when one of them takes more than two minutes.
 */
export async function untilEachIsBooked(folder: string, keys: number): Promise<readonly number[]> {
  using books = new DatabaseSync(placesIn(folder).books, { readOnly: true, timeout: 5_000 })
  const last = books.prepare('SELECT coalesce(max(seq), 0) AS seq FROM booked')
  const since = books.prepare('SELECT DISTINCT key FROM booked WHERE seq > ?')
  const before = Number(last.get()?.seq)
  const began = performance.now()
  const times = new Map<string, number>()
  while (times.size < keys) {
    await sleep(lookMs)
    const now = performance.now() - began
    for (const { key } of since.all(before)) if (!times.has(String(key))) times.set(String(key), now)
    if (now > mostMs) throw new Error(`of ${keys} keys only ${times.size} were booked within ${mostMs} ms`)
  }
  return [...times.values()]
}

/** The time that so large a share of all is within. */
export function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
