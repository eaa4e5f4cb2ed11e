/** One request and its answer over a kept connection; an error says how far it had come. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'

export interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  /** Asked twice, it takes effect once. */
  readonly repeatable: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** `unknown`: it was sent, and whether it took effect cannot be known. */
export type Outcome = 'not sent' | 'unknown' | 'answered in part'

export class UpstreamError extends Error {
  readonly outcome: Outcome

  constructor(outcome: Outcome, cause: Error) {
    super(cause.message, { cause })
    this.name = 'UpstreamError'
    this.outcome = outcome
  }
}

/** Rejects with UpstreamError; after the deadline nothing is sent any more. */
export function exchange(
  dispatcher: Dispatcher,
  { method, path, headers, body }: Asked,
  deadline: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let outcome: Outcome | undefined
    let status = 0
    let answered: IncomingHttpHeaders = {}
    let controller: Dispatcher.DispatchController | undefined

    const late = (): void => {
      const error = new Error('no answer in time')
      controller?.abort(error)
      fail(error)
    }
    const fail = (error: Error): void => {
      deadline.removeEventListener('abort', late)
      reject(new UpstreamError(outcome ?? (isUnreachable(error) ? 'not sent' : 'unknown'), error))
    }

    if (deadline.aborted) return late()
    deadline.addEventListener('abort', late)
    dispatcher.dispatch(
      { method, path, headers, body: body ?? null },
      {
        onRequestStart(started) {
          if (deadline.aborted) return started.abort(new Error('no answer in time'))
          controller = started
          outcome = 'unknown'
        },
        onResponseStart(_controller, statusCode, found) {
          outcome = 'answered in part'
          status = statusCode
          answered = found
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          deadline.removeEventListener('abort', late)
          resolve({ status, headers: answered, body: joined(chunks) })
        },
        onResponseError(_controller, error) {
          fail(error)
        },
      },
    )
  })
}

const unreachable = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]

const isUnreachable = (error: Error): boolean => 'code' in error && unreachable.includes(String(error.code))

/** Most answers come in one piece. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
}
