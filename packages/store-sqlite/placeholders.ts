/** How many values a statement takes. The driver does not tell, and binds NULL for those that are missing. */
import type { DatabaseSync } from 'node:sqlite'
import { BusError } from '@vestnik/bus/errors'
import { isOutOfPlaceholders } from './failures.ts'
import { shorten } from './values.ts'

const most = 32_766 // SQLite's own limit

/** @returns a function that refuses a wrong number of values with `SQL_VALUE` */
export function countChecker(db: DatabaseSync, sql: string): (count: number) => void {
  let expected: number | undefined
  return (count) => {
    expected ??= countPlaceholders(db, sql, count)
    if (count === expected) return
    throw new BusError('SQL_VALUE', `run ${shorten(sql)}: it has ${expected} placeholders, ${count} values were given`)
  }
}

function countPlaceholders(db: DatabaseSync, sql: string, guess: number): number {
  if (/^\s*explain\b/i.test(sql)) return guess
  // EXPLAIN has the placeholders of its statement, and running it changes nothing.
  const explain = db.prepare(`EXPLAIN ${sql}`)
  const takes = (count: number): boolean => {
    try {
      explain.get(...new Array<null>(count).fill(null))
      return true
    } catch (error) {
      if (isOutOfPlaceholders(error)) return false
      throw error
    }
  }
  if (takes(guess) && !takes(guess + 1)) return guess
  let [least, beyond] = [0, most + 1]
  while (beyond - least > 1) {
    const middle = (least + beyond) >> 1
    if (takes(middle)) least = middle
    else beyond = middle
  }
  return least
}
