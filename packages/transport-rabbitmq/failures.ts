/** What went wrong, in the client's errors: which of them waiting cannot mend, and what they say to people. */
import { BusError, type Code } from '@vestnik/bus/errors'

/** Answers of the broker, as AMQP numbers them. */
export const notFound = 404
export const preconditionFailed = 406
const accessRefused = 403

/** The number of the broker's answer; undefined when it did not answer. */
export function answerOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'number') return error.code
  // Of a refused handshake the client keeps the number in its message only.
  const [, number] = /^Handshake terminated by server: (\d{3}) /.exec(error.message) ?? []
  return number === undefined ? undefined : Number(number)
}

/** Refused credentials, or a certificate that is not trusted. */
export function isForGood(error: unknown): boolean {
  return answerOf(error) === accessRefused || isCertificate(error)
}

function isCertificate(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false
  return /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(error.code)
}

/** A refused connection to a name with several addresses has its reasons inside. */
export function whyNot(shown: string, error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error
  return `${shown} cannot be reached: ${inner instanceof Error ? inner.message : String(inner)}`
}

/** An error of the broker as one of ours: what was attempted, and what the server said. */
export function failureOf(attempt: string, error: unknown): BusError {
  if (error instanceof BusError) return error
  const said = error instanceof Error ? error.message : String(error)
  return new BusError(codeOf(answerOf(error)), `${attempt}: ${said}`, { cause: error })
}

function codeOf(answer: number | undefined): Code {
  if (answer === notFound) return 'UNKNOWN_TOPIC'
  if (answer === preconditionFailed) return 'TOPOLOGY_CONFLICT'
  return answer === accessRefused ? 'BROKER_REFUSED' : 'BROKER_UNREACHABLE'
}
