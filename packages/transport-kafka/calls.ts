/** A caller of publish, until each of its messages has an answer. Pure. */
import { type BusError, type Code, PublishError, type Refusal } from '@vestnik/bus/errors'

export type Answer = 'sent' | 'doubtful' | Code

export interface Call {
  /** When it was made, by the clock of `performance`. */
  readonly at: number
  /** One more message is waited for. */
  expect(): void
  answer(id: string, end: Answer, cause?: BusError): void
  /** From now on nothing of the call is sent at this place, as something before it was not. */
  block(place: string): void
  isBlocked(place: string): boolean
  /** All messages are expected. */
  begun(): void
  /** Resolves or rejects when all have an answer. */
  readonly answered: Promise<void>
}

export function startCall(shown: string, at: number): Call {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const refused: Refusal[] = []
  const doubtful: string[] = []
  let blocked: Set<string> | undefined
  let cause: BusError | undefined
  let open = 1

  function finish(): void {
    open -= 1
    if (open > 0) return
    if (refused.length + doubtful.length === 0) resolve()
    else reject(new PublishError(sentence(shown, refused, doubtful, cause), { refused, doubtful, cause }))
  }

  return {
    at,
    expect() {
      open += 1
    },
    begun: finish,
    answer(id, end, why) {
      if (end === 'doubtful') doubtful.push(id)
      else if (end !== 'sent') refused.push({ id, code: end })
      cause ??= why
      finish()
    },
    block(place) {
      blocked = (blocked ?? new Set()).add(place)
    },
    isBlocked: (place) => blocked?.has(place) ?? false,
    answered: promise,
  }
}

function sentence(
  shown: string,
  refused: readonly Refusal[],
  doubtful: readonly string[],
  cause: BusError | undefined,
): string {
  const codes = [...new Set(refused.map(({ code }) => code))].join(', ')
  const parts = [
    ...(refused.length > 0 ? [`${refused.length} refused (${codes})`] : []),
    ...(doubtful.length > 0 ? [`${doubtful.length} in doubt`] : []),
  ]
  return `publish to ${shown}: ${parts.join(', ')}${cause ? `: ${cause.message}` : ''}`
}
