/** The columns by which messages are told apart in lists. */
import type { DeadCount, HeldMessage, OutboxMessage } from '@vestnik/bus'
import type { Column } from './table.ts'
import { fromNow } from './times.ts'

const number: Column<{ readonly pos: number }> = { title: 'No', of: ({ pos }) => String(pos), align: 'right' }
const topic: Column<{ readonly topic: string }> = { title: 'Topic', of: (row) => row.topic, least: 16 }
const group: Column<{ readonly group: string }> = { title: 'Group', of: (row) => row.group, least: 10 }
const key: Column<{ readonly key: string | undefined }> = {
  title: 'Key',
  of: (row) => row.key ?? '',
  least: 8,
  spare: 1,
}
const reason: Column<OutboxMessage | DeadCount> = { title: 'Reason', of: (row) => row.reason ?? '', least: 17 }
const doubtedReason: Column<HeldMessage> = { title: 'Reason', of: reasonOf, least: 17 }
const error: Column<HeldMessage> = { title: 'Error', of: errorOf, least: 20, spare: 3 }

export const deadColumns = (now: number): readonly Column<HeldMessage>[] => [
  number,
  topic,
  group,
  key,
  doubtedReason,
  error,
  { title: 'Died', of: ({ changedAt }) => fromNow(changedAt, now) },
]

export const heldColumns = (now: number): readonly Column<HeldMessage>[] => [
  number,
  topic,
  group,
  key,
  { ...doubtedReason, title: 'Why' },
  { title: 'Tries', of: ({ attempts }) => (attempts > 0 ? String(attempts) : ''), align: 'right', spare: 4 },
  error,
  { title: 'Next', of: ({ dueAt }) => (dueAt === undefined ? '' : dueAt <= now ? 'due' : fromNow(dueAt, now)) },
]

export const outboxColumns = (now: number): readonly Column<OutboxMessage>[] => [
  number,
  { title: 'State', of: ({ state }) => state },
  topic,
  key,
  { title: 'Bytes', of: ({ bytes }) => bytes.toLocaleString('en-US'), align: 'right', spare: 4 },
  reason,
  { title: 'Written', of: ({ createdAt }) => fromNow(createdAt, now) },
]

export const countColumns = (now: number): readonly Column<DeadCount>[] => [
  { title: 'Dead', of: ({ count }) => count.toLocaleString('en-US'), align: 'right' },
  topic,
  group,
  reason,
  { title: 'Uncertain', of: ({ uncertain }) => (uncertain > 0 ? String(uncertain) : ''), align: 'right' },
  { title: 'From', of: ({ oldestAt }) => fromNow(oldestAt, now), spare: 2 },
  { title: 'To', of: ({ newestAt }) => fromNow(newestAt, now), spare: 1 },
]

/** Whoever replays it must know that its effect may have happened already. */
function reasonOf({ reason, uncertain }: HeldMessage): string {
  return uncertain > 0 && reason !== 'uncertain' ? `${reason}, uncertain` : reason
}

/** What the error says, in one line; which of our own errors it was is told by its message and the reason. */
function errorOf({ errorClass = '', errorMessage = '' }: HeldMessage): string {
  return errorClass === 'Error' || errorClass.startsWith('BusError ') || errorClass === ''
    ? errorMessage
    : `${errorClass}: ${errorMessage}`
}
