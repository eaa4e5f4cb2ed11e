/** What went wrong, in the client's errors: which of them waiting cannot mend, and what they say to people. */
import { BusError, type Code } from '@vestnik/bus/errors'

/** Every error in it: the client nests what it tried, and why that failed. */
export function* causesOf(error: unknown): Generator<Error> {
  const waiting = [error]
  const seen = new Set<unknown>()
  for (let one = waiting.shift(); one !== undefined || waiting.length > 0; one = waiting.shift()) {
    if (!(one instanceof Error) || seen.has(one)) continue
    seen.add(one)
    yield one
    if (one instanceof AggregateError) waiting.push(...one.errors)
    waiting.push(one.cause)
  }
}

/** Whether the broker's answer is, or has among its reasons, one of these, as the protocol names them. */
export function isAnswer(error: unknown, ...names: readonly string[]): boolean {
  return causesOf(error).some((one) => 'apiId' in one && names.includes(String(one.apiId)))
}

/** Refused credentials, or a certificate that is not trusted. */
export function isForGood(error: unknown): boolean {
  return (
    isAnswer(error, 'SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM') || causesOf(error).some(isCertificate)
  )
}

export function isForbidden(error: unknown): boolean {
  return isAnswer(
    error,
    ...['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'],
  )
}

/** Whether a broker has said so, and not the way to it. */
export function isOfBroker(error: unknown): boolean {
  return causesOf(error).some((one) => 'apiId' in one && one.apiId !== undefined)
}

function isCertificate(error: Error): boolean {
  if (!('code' in error && typeof error.code === 'string')) return false
  return /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(error.code)
}

/** Whether the broker has answered what asking again would not change. */
export function isFinal(error: unknown): boolean {
  if (isForGood(error) || isForbidden(error)) return true
  if (isAnswer(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID')) return true
  return causesOf(error).some((one) => 'apiId' in one && 'canRetry' in one && one.canRetry === false)
}

/** The innermost reasons say what happened; each once. */
export function whyOf(error: unknown): string {
  const inner = [...causesOf(error)].filter((one) => one.cause === undefined && !(one instanceof AggregateError))
  const texts = [...new Set(inner.map(textOf))].slice(0, 3)
  return texts.length > 0 ? texts.join('; ') : String(error)
}

function textOf(error: Error): string {
  const said = 'serverErrorMessage' in error ? error.serverErrorMessage : undefined
  return typeof said === 'string' && said !== '' ? said : error.message
}

/** An error of the client as one of ours: what was attempted, and what was answered. */
export function failureOf(attempt: string, error: unknown): BusError {
  if (error instanceof BusError) return error
  return new BusError(codeOf(error), `${attempt}: ${whyOf(error)}`, { cause: error })
}

function codeOf(error: unknown): Code {
  if (isForGood(error) || isForbidden(error)) return 'BROKER_REFUSED'
  if (isAnswer(error, 'INVALID_CONFIG', 'POLICY_VIOLATION', 'INVALID_PARTITIONS', 'INVALID_TOPIC_EXCEPTION')) {
    return 'TOPOLOGY_CONFLICT'
  }
  return 'BROKER_UNREACHABLE'
}
