/** A caller of publish, until each of its messages has an answer. Pure. */
import { type BusError, type Code, PublishError, type Refusal } from '@vestnik/bus/errors'

export type Answer = 'sent' | 'doubtful' | Code

export interface Call {
  answer(id: string, end: Answer, cause?: BusError): void
  /** Resolves or rejects when all messages have an answer. */
  readonly answered: Promise<void>
}

/** Of so many messages. */
export function startCall(shown: string, count: number): Call {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let failures: Failures | undefined
  let open = count
  if (open === 0) resolve()

  return {
    answer(id, end, cause) {
      if (end !== 'sent') {
        failures ??= { refused: [], doubtful: [], cause: undefined }
        note(failures, id, end, cause)
      }
      open -= 1
      if (open > 0) return
      if (failures) reject(new PublishError(sentence(shown, failures), failures))
      else resolve()
    },
    answered: promise,
  }
}

interface Failures {
  readonly refused: Refusal[]
  readonly doubtful: string[]
  /** The first that was told. */
  cause: BusError | undefined
}

function note(failures: Failures, id: string, end: 'doubtful' | Code, cause: BusError | undefined): void {
  if (end === 'doubtful') failures.doubtful.push(id)
  else failures.refused.push({ id, code: end })
  failures.cause ??= cause
}

function sentence(shown: string, { refused, doubtful, cause }: Failures): string {
  const codes = [...new Set(refused.map(({ code }) => code))].join(', ')
  const parts = [
    ...(refused.length > 0 ? [`${refused.length} refused (${codes})`] : []),
    ...(doubtful.length > 0 ? [`${doubtful.length} in doubt`] : []),
  ]
  return `publish to ${shown}: ${parts.join(', ')}${cause ? `: ${cause.message}` : ''}`
}
