/** A message on its way to the broker, with the caller that waits for its answer. */
import type { BusError } from '@vestnik/bus/errors'
import type { Outgoing } from '@vestnik/bus/transport'
import type { Answer, Call } from './calls.ts'
import type { OutgoingRecord } from './record.ts'

export interface Entry {
  readonly id: string
  readonly call: Call
  readonly record: OutgoingRecord
  /** Topic and key; undefined without a key: then it is behind nobody. */
  readonly place: string | undefined
  isAnswered: boolean
}

export function toEntry(call: Call, message: Outgoing, record: OutgoingRecord): Entry {
  const place = message.key === undefined ? undefined : `${message.topic}\n${message.key}`
  return { id: message.id, call, record, place, isAnswered: false }
}

/** Answers once; behind what was not sent nothing of its key and call will be. */
export function answerEntry(entry: Entry, end: Answer, cause?: BusError): void {
  if (entry.isAnswered) return
  entry.isAnswered = true
  if (end !== 'sent' && entry.place !== undefined) entry.call.block(entry.place)
  entry.call.answer(entry.id, end, cause)
}

/** Whether it must not be sent any more; it has its answer then. */
export function isOver(entry: Entry): boolean {
  if (!entry.isAnswered && entry.place !== undefined && entry.call.isBlocked(entry.place))
    answerEntry(entry, 'doubtful')
  return entry.isAnswered
}
