/** Turns in one transaction: statements reach the server as if each turn had begun when the one before it had ended. */
import { BusError } from './errors.ts'
import type { Row, SqlValue, Tx } from './store.ts'

export interface Turn {
  /** The transaction's own `tx`. It refuses a statement when a later turn has sent one. */
  readonly tx: Tx
  hasSent(): boolean
  /** Resolves when it has sent a statement. */
  readonly sends: Promise<void>
}

export interface Turns {
  /** `failed` is called when the server refuses one of its statements. */
  next(failed?: () => void): Turn
  /** One sent a statement after another of its own was answered. */
  cameBack(): boolean
  /** One came back when a later one had sent: nothing of the transaction may count. */
  overtaken(): boolean
}

export function turnsOf(tx: Tx): Turns {
  let turns = 0
  let lastToSend = 0
  let cameBack = false
  let overtaken = false

  function next(failed: () => void = () => {}): Turn {
    turns += 1
    const place = turns
    const sends = Promise.withResolvers<void>()
    let answered = false

    async function query(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
      if (answered) cameBack = true
      if (lastToSend > place) {
        overtaken = true
        throw tooLate()
      }
      lastToSend = place
      sends.resolve()
      try {
        return await tx.query(sql, values)
      } catch (error) {
        failed()
        throw error
      } finally {
        answered = true
      }
    }
    return {
      tx: Object.create(tx, { query: { value: query } }),
      hasSent: () => lastToSend >= place,
      sends: sends.promise,
    }
  }
  return { next, cameBack: () => cameBack, overtaken: () => overtaken }
}

const tooLate = (): BusError =>
  new BusError('TX_LOST', 'run a statement: one of a later handler has been sent; the handlers are called again')
