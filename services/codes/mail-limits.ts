/** How many mails an address, and all addresses together, may be sent by one service. */
import type { Tx } from '@vestnik/bus'

export interface MailLimits {
  readonly perAddressAndHour: number
  readonly perAddressAndDay: number
  /** Of all addresses together. */
  readonly perHour: number
}

/** With five tries for each code, an address's 20 codes a day can be guessed with 1 chance in 10,000. */
export const standardMailLimits: MailLimits = { perAddressAndHour: 5, perAddressAndDay: 20, perHour: 2000 }

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Counts one mail of the address, and answers whether it may be sent; one that may not is not counted. */
export async function takeMail(
  tx: Tx,
  address: string,
  nowMs: number,
  limits: MailLimits | undefined,
): Promise<boolean> {
  if (limits === undefined) return true
  const hour = nowMs - hourMs
  const [row] = await tx.query(
    `SELECT (SELECT count(*) FROM code_mails WHERE address = ? AND at > ?) AS address_hour,
            (SELECT count(*) FROM code_mails WHERE address = ? AND at > ?) AS address_day,
            (SELECT count(*) FROM code_mails WHERE at > ?) AS hour`,
    [address, hour, address, nowMs - dayMs, hour],
  )
  const left =
    Number(row?.address_hour) < limits.perAddressAndHour &&
    Number(row?.address_day) < limits.perAddressAndDay &&
    Number(row?.hour) < limits.perHour
  if (left) await tx.query('INSERT INTO code_mails (address, at) VALUES (?, ?)', [address, nowMs])
  return left
}

/** Deletes what no limit counts any more. */
export async function sweepMails(tx: Tx, nowMs: number): Promise<void> {
  await tx.query('DELETE FROM code_mails WHERE at <= ?', [nowMs - dayMs])
}
