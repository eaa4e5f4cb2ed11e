/** What the errors of an attempt to send say about its batch. */
import type { Answer } from './calls.ts'
import { isAnswer, isForbidden, whyOf } from './failures.ts'
import type { Outcome } from './lane.ts'

export const sent: Outcome = { end: 'sent' }

/** What an error says about the batch. */
export function outcomeOf(error: unknown): Outcome {
  const why = whyOf(error)
  const unfit = (answer: Answer): Outcome => ({ end: 'unfit', answer, why })
  if (isAnswer(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')) return unfit('BODY_TOO_LARGE')
  if (isAnswer(error, 'INVALID_RECORD', 'POLICY_VIOLATION')) return unfit('BROKER_REFUSED')
  // A right that is missing may be given, and our clock set right: the messages stay with who sends them.
  if (isForbidden(error) || isAnswer(error, 'INVALID_TIMESTAMP')) return { end: 'refused', answer: 'doubtful', why }
  return { end: 'unknown', why }
}
