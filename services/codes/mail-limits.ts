/** How many mails an address, and all addresses together, may be sent by one service. */
import { randomUUID } from 'node:crypto'
import type { Store, Tx } from '@vestnik/bus'
import { sweepTable } from '@vestnik/service'

export interface MailLimits {
  readonly perAddressAndHour: number
  readonly perAddressAndDay: number
  /** Of all addresses together; of several instances of a service each does not see what is in the open commit of another. */
  readonly perHour: number
}

/** With five tries for each code, an address's 20 codes a day can be guessed with 1 chance in 10,000. */
export const standardMailLimits: MailLimits = { perAddressAndHour: 5, perAddressAndDay: 20, perHour: 2000 }

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/**
 * Counts one mail of the address, and answers whether it may be sent; one that may not is not counted. Without an
 * address none may be, after the same statements. Without limits all may be.
 */
export async function takeMail(
  tx: Tx,
  address: string | undefined,
  nowMs: number,
  limits: MailLimits | undefined,
): Promise<boolean> {
  if (limits === undefined) return address !== undefined
  await takeTurn(tx, address ?? randomUUID(), nowMs)
  const may = await isLeft(tx, address ?? '', nowMs, limits)
  const counted = may && address !== undefined
  // A row of the year 1970 is counted by no limit.
  await tx.query('INSERT INTO code_mails (address, at) VALUES (?, ?)', [counted ? address : '', counted ? nowMs : 0])
  return counted
}

/** Until the end of the transaction nobody else counts mails of the address: not another instance of the service either. */
async function takeTurn(tx: Tx, address: string, nowMs: number): Promise<void> {
  await tx.query(
    'INSERT INTO code_mail_turns (address, at) VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET at = excluded.at',
    [address, nowMs],
  )
}

async function isLeft(tx: Tx, address: string, nowMs: number, limits: MailLimits): Promise<boolean> {
  const hour = nowMs - hourMs
  const [row] = await tx.query(
    `SELECT (SELECT count(*) FROM code_mails WHERE address = ? AND at > ?) AS address_hour,
            (SELECT count(*) FROM code_mails WHERE address = ? AND at > ?) AS address_day,
            (SELECT count(*) FROM code_mails WHERE at > ?) AS hour`,
    [address, hour, address, nowMs - dayMs, hour],
  )
  return (
    Number(row?.address_hour) < limits.perAddressAndHour &&
    Number(row?.address_day) < limits.perAddressAndDay &&
    Number(row?.hour) < limits.perHour
  )
}

/** Deletes what no limit counts any more. */
export async function sweepMails(store: Store, nowMs: number): Promise<void> {
  await sweepTable(store, 'code_mails', 'at', nowMs - dayMs)
  await sweepTable(store, 'code_mail_turns', 'at', nowMs - hourMs)
}
