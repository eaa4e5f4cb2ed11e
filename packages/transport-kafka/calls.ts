/** A caller of publish, until each of its messages has an answer. Pure. */
import { type BusError, type Code, PublishError, type Refusal } from '@vestnik/bus/errors'

export type Answer = 'sent' | 'doubtful' | Code

export interface Call {
  /** One more message is waited for. */
  expect(): void
  answer(id: string, end: Answer, cause?: BusError): void
  /** All messages are expected; resolves or rejects when all have an answer. */
  readonly answered: Promise<void>
}

export function startCall(shown: string): Call & { begun(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const refused: Refusal[] = []
  const doubtful: string[] = []
  let cause: BusError | undefined
  let open = 1

  function finish(): void {
    open -= 1
    if (open > 0) return
    if (refused.length + doubtful.length === 0) resolve()
    else reject(new PublishError(sentence(shown, refused, doubtful, cause), { refused, doubtful, cause }))
  }

  return {
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
