/** What a dead letter says of the error that made it: class, message, and where in the application it was thrown. */
import { BusError } from './errors.ts'
import { storable } from './texts.ts'

export interface FailureFacts {
  readonly errorClass: string
  readonly errorMessage: string
  readonly errorFrame: string | null
}

const longestMessage = 2_000

export function describeFailure(error: unknown): FailureFacts {
  const known = asError(error)
  return {
    errorClass: storable(known instanceof BusError ? `${known.name} ${known.code}` : known.name),
    errorMessage: storable(known.message.slice(0, longestMessage)),
    errorFrame: storable(firstOwnFrame(known) ?? '') || null,
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new BusError('HANDLER_FAILED', `a handler threw ${typeof error}, not an Error`)
}

/** The first frame that is neither Node's own nor a dependency's: where an application's developer should look. */
function firstOwnFrame(error: Error): string | undefined {
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '))
  const own = frames.find((line) => !/node:|node_modules|\(native\)/.test(line)) ?? frames[0]
  return own?.trim().slice(3)
}
