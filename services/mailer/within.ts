/** A deadline on a step that somebody else may never end. */
import { MailError } from './mail-error.ts'

/**
 * The outcome of the work, or a rejection when it takes longer or the signal aborts. The work itself goes on: whoever
 * asked must end it.
 */
export async function within<R>(ms: number, what: string, signal: AbortSignal, work: Promise<R>): Promise<R> {
  const over = Promise.withResolvers<never>()
  const timer = setTimeout(() => over.reject(new MailError('not sent', `${what}: no answer within ${ms} ms`)), ms)
  const stop = () => over.reject(new MailError('not sent', `${what}: given up, as its claim ended`))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([work, over.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
