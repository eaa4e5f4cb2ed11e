/** HTTP errors as RFC 9457 problems. What is not a problem of the caller's is told without any detail of ours. */
import { STATUS_CODES } from 'node:http'
import { hasCode } from '@vestnik/bus/errors'
import type { z } from 'zod'

/** One field of the input, and why it was refused. */
export interface FieldError {
  readonly field: string
  readonly reason: string
}

export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: readonly FieldError[]
}

export interface ProblemOptions {
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** Thrown by a route: ends the request with this status and sentence. */
export class Problem extends Error {
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'Problem'
    this.status = status
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
  }

  body(): ProblemBody {
    const { status, message: detail, errors } = this
    const title = STATUS_CODES[status] ?? 'Error'
    return { type: 'about:blank', title, status, detail, ...(errors.length > 0 ? { errors } : {}) }
  }
}

/** The problem that stands for any error that came out of a route. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (hasCode(error, ...passing)) return unavailable('The database is busy. Nothing is lost; try again.', error)
  const status = statusOf(error)
  const known = status === undefined ? undefined : sentences[status]
  if (status !== undefined && known !== undefined) return new Problem(status, known, { cause: error })
  return new Problem(500, 'The request failed here. It was logged.', { cause: error })
}

/** 503: something is down, and the same request can be sent again. */
export function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem(503, detail, { headers: { 'retry-after': '1' }, cause })
}

/** 400 that names each field once, and why. */
export function badInput(error: z.ZodError, part: string): Problem {
  const reasons = error.issues.flatMap((issue) => fieldErrors(issue, part))
  const errors = reasons.filter(({ field }, at) => reasons.findIndex((one) => one.field === field) === at)
  const [first] = errors
  const detail = first === undefined ? `The ${part} is not valid.` : `${first.field}: ${first.reason}`
  return new Problem(400, detail, { errors })
}

const passing = [
  'LOCK_TIMEOUT',
  'COMMIT_FAILED',
  'COMMIT_UNKNOWN',
  'TX_LOST',
  'TX_TOO_SLOW',
  'DATABASE_UNREACHABLE',
  'STORE_CLOSED',
  'BUS_CLOSED',
  'DISK_FULL',
] as const

const sentences: Readonly<Record<number, string>> = {
  400: 'The request cannot be read.',
  404: 'There is nothing at this path.',
  405: 'This method is not known here.',
  408: 'The request came too slowly.',
  413: 'The body is too large.',
  414: 'The path is too long.',
  415: 'The body must be application/json.',
  417: 'The header expect may say 100-continue, and nothing else.',
  431: 'There are too many headers, or they are too long.',
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}

function fieldErrors(issue: z.core.$ZodIssue, part: string): readonly FieldError[] {
  const at = issue.path.map((step) => String(step))
  if (issue.code !== 'unrecognized_keys') return [{ field: at.join('.') || part, reason: issue.message }]
  return issue.keys
    .slice(0, 10)
    .map((key) => ({ field: [...at, key.slice(0, 100)].join('.'), reason: 'Unknown field' }))
}
