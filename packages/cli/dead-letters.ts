/** What the commands that change dead letters share. */
import { BusError, type MessageDetail } from '@vestnik/bus'
import { printTable } from './list.ts'
import { messageCard } from './message-card.ts'
import { deadColumns } from './message-columns.ts'
import type { Session } from './session.ts'

/**
 * Reads a dead letter. With a `revision` it must be that one: what a person, or a program, saw before.
 * @throws BusError `NOT_FOUND`, `NOT_DEAD`
 */
export async function lookAtDead({ operations }: Session, pos: number, revision?: number): Promise<MessageDetail> {
  const message = await operations.show(pos)
  if (message.state !== 'dead') {
    throw new BusError('NOT_DEAD', `message number ${pos} is not a dead letter: it is ${message.state}`)
  }
  if (revision === undefined || revision === message.revision) return message
  const now = `you saw revision ${revision}, it is ${message.revision} now`
  throw new BusError('NOT_DEAD', `message number ${pos} has changed: ${now}`)
}

/**
 * Why an effect of it now, or of another body, may not be what the person wants. The operations refuse it by themselves;
 * this is for saying so before somebody has taken the trouble.
 */
export function whyForce(
  { expiresAt, reason, uncertain }: MessageDetail,
  what: 'replay' | 'edit',
  now: number,
): string | undefined {
  if (expiresAt !== undefined && expiresAt <= now) return 'it has expired'
  if (reason === 'too old to deduplicate') return 'it is too old to deduplicate: it may have taken effect already'
  if (what === 'edit' && uncertain > 0) return 'its effect may have happened with the old body'
  return undefined
}

/** One that is asked about is shown whole; several, or what is not asked about, as a table. */
export function showDead(session: Session, seen: readonly MessageDetail[], yes: boolean): void {
  const { terminal } = session
  const [only] = seen
  if (only && seen.length === 1 && !yes) terminal.print(messageCard(only, terminal, { reveal: false, short: true }))
  else printTable(session, deadColumns(terminal.now()), seen)
  terminal.print('')
}
