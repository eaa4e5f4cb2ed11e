/** Which statements a work may run, and under which name each is prepared, so that it is planned once. */
import { BusError } from '@vestnik/bus/errors'
import { shorten } from './values.ts'

/** @throws BusError `SQL_STATEMENT` for one that begins or ends a transaction */
export function checkStatement(sql: string): void {
  const word = firstWord(sql)
  if (!/^(begin|start|commit|end|abort|rollback|prepare)$/.test(word)) return
  // Within a work savepoints and prepared statements are its own.
  if (isRollbackTo(sql)) return
  if (word === 'prepare' && !/\bprepare\s+transaction\b/i.test(sql)) return
  throw new BusError('SQL_STATEMENT', `run ${shorten(sql)}: the store itself begins and ends transactions`)
}

/** Whether it takes back what was done since a savepoint. */
export const isRollbackTo = (sql: string): boolean => firstWord(sql) === 'rollback' && /\bto\b/i.test(sql)

const firstWord = (sql: string): string =>
  (/^(?:\s|;|--[^\n]*\n|\/\*[\s\S]*?\*\/)*([a-z]*)/i.exec(sql)?.[1] ?? '').toLowerCase()

/** Texts that are kept in mind, and statements that are prepared, on one connection; others are planned each time. */
const most = 500

/** @returns the name of a text on this connection, from its second use on; undefined: it has none */
export function namesOfStatements(): (sql: string) => string | undefined {
  const names = new Map<string, string>()
  let seen = new Set<string>()
  return (sql) => {
    const name = names.get(sql)
    if (name !== undefined) return name
    checkStatement(sql)
    if (!seen.has(sql)) {
      if (seen.size >= most) seen = new Set()
      seen.add(sql)
      return undefined
    }
    if (names.size >= most) return undefined
    const fresh = `vestnik_${names.size}`
    names.set(sql, fresh)
    return fresh
  }
}
