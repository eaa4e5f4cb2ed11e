/** The life of a rental: asked for, awaiting its code for ten minutes, active for two days, over. Times are milliseconds since 1970. */
import type { rentals } from '@vestnik/api'
import { codeLifeMs } from '@vestnik/contracts'

export interface KeptRental {
  readonly id: number
  readonly filmId: number
  readonly askedMs: number
  /** When the request ends unless it is confirmed. */
  readonly expiresMs: number
  /** Undefined until it is confirmed. */
  readonly untilMs: number | undefined
}

/** How long a film can be watched once its rental is confirmed. */
export const rentalLifeMs: number = 48 * 3_600_000

/** What was answered to the request, and is answered to a repeat of it, whatever became of the rental since. */
export function answerToRequest({ id, filmId, askedMs }: KeptRental): rentals.AwaitingRental {
  return { id, filmId, status: 'awaiting-code', expiresAt: timeOf(askedMs + codeLifeMs) }
}

/** The rental as it is now. What ends does so by time alone. */
export function rentalAt({ id, filmId, expiresMs, untilMs }: KeptRental, nowMs: number): rentals.Rental {
  if (untilMs !== undefined) {
    return { id, filmId, status: nowMs < untilMs ? 'active' : 'over', until: timeOf(untilMs) }
  }
  return { id, filmId, status: nowMs < expiresMs ? 'awaiting-code' : 'expired', expiresAt: timeOf(expiresMs) }
}

export function activeRental(id: number, filmId: number, untilMs: number): rentals.ActiveRental {
  return { id, filmId, status: 'active', until: timeOf(untilMs) }
}

const timeOf = (ms: number): string => new Date(ms).toISOString()
