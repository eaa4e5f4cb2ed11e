/** One call of an HTTP API as a value: what it takes and what it answers. Routes, the gateway's table and OpenAPI are made of it. */
import type { z } from 'zod'

/** What a call takes and answers. A part that it has not is left out. */
export interface CallTypes {
  /** Of the path. */
  readonly params?: unknown
  /** Of the query string. */
  readonly query?: unknown
  readonly body?: unknown
  /** The body of the success; left out where it has none. */
  readonly answer?: unknown
}

export type Method = 'GET' | 'POST' | 'DELETE'

export interface Call<Types extends CallTypes = CallTypes> {
  readonly method: Method
  /** With its parameters: `/films/:id`. */
  readonly path: `/${string}`
  /** A few words, for the list of calls. */
  readonly summary: string
  /** What else a caller should know, in sentences. */
  readonly description: string
  /** `user`: with a valid access token only. */
  readonly caller: 'anybody' | 'user'
  readonly params: Schema<Types['params']>
  readonly query: Schema<Types['query']>
  readonly body: Schema<Types['body']>
  /** The same request with the same `Idempotency-Key` takes effect once. */
  readonly idempotent: boolean
  /** The status of the success. */
  readonly status: 200 | 201 | 202 | 204
  readonly answer: Schema<Types['answer']>
  /** Statuses of its problems, besides those that any call may have (400, 413, 415, 429, 431, 503). */
  readonly problems: readonly number[]
}

/** Calls about one thing, by the names that programs know them by. */
export interface Chapter {
  /** One sentence. */
  readonly about: string
  readonly calls: Readonly<Record<string, Call>>
}

type Schema<Value> = unknown extends Value
  ? z.ZodType | undefined
  : undefined extends Value
    ? undefined
    : z.ZodType<Value>

type Optional = 'description' | 'caller' | 'idempotent' | 'problems' | 'params' | 'query' | 'body' | 'answer'

/** Only what the types name must be given. */
export type CallOptions<Types extends CallTypes> = Omit<Call<Types>, Optional | 'method' | 'path'> &
  Partial<Pick<Call, 'description' | 'caller' | 'idempotent' | 'problems'>> & {
    readonly [Part in keyof Types & ('params' | 'query' | 'body' | 'answer')]: z.ZodType<Types[Part]>
  }

/** @default caller 'anybody', idempotent false, problems none */
export function call<Types extends CallTypes>(
  method: Method,
  path: `/${string}`,
  options: CallOptions<Types>,
): Call<Types> {
  const none = { params: undefined, query: undefined, body: undefined, answer: undefined }
  const usual = { description: '', caller: 'anybody', idempotent: false, problems: [] } as const
  return { ...none, ...usual, ...options, method, path } as unknown as Call<Types>
}
