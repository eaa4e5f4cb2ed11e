/** What a service does with one-time codes: it has one mailed, and later lets it be tried. */
import type { Store, Tx } from '@vestnik/bus'

/**
 * Makes what stands in the message in place of the six digits: the same sealed for the mailer, or as they are. What is
 * sealed for one address is mailed to no other.
 */
export type SealCode = (digits: string, email: string) => Promise<string>

/** A fresh code, drawn and sealed outside any transaction. */
export interface PreparedCode {
  readonly digits: string
  readonly sealed: string
}

/** What a code is bound to: it fits nothing else. */
export interface CodeBinding {
  /** `confirm-address`, `reset-password`, `rent-film`. */
  readonly purpose: string
  /** Whose or which: a user's id, a rental's. */
  readonly subject: string
}

export interface Codes {
  /** Slow work (sealing, for this address) that must not be done in a transaction. */
  prepare(email: string): Promise<PreparedCode>
  /**
   * In the caller's transaction: ends every earlier code of the same binding, keeps this one for ten minutes, and
   * publishes its mail. `limited`: the address or the service has had its share of mails; the
   * codes stay as they are and none is sent, after the same work.
   */
  issue(tx: Tx, code: PreparedCode, binding: CodeBinding, email: string): Promise<'sent' | 'limited'>
  /** Does what `issue` does, without an effect: for an address that nobody has, so that the time of the answer does not tell. */
  pretend(tx: Tx, code: PreparedCode): Promise<void>
  /**
   * Counts a try and answers whether the code was right; a right one cannot be used again. The caller's transaction must
   * commit in either case, or the try is not counted. The fifth try may succeed, the sixth never does. It writes also
   * where there is no such code, so that the time of the answer does not tell.
   */
  redeem(tx: Tx, binding: CodeBinding, digits: string): Promise<boolean>
  /** Ends the code of the binding, if there is one. */
  revoke(tx: Tx, binding: CodeBinding): Promise<void>
  /** Deletes what has expired. */
  sweep(store: Store): Promise<void>
}
