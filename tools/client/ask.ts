/** A call of the backend's API over HTTP, as any program outside would make it. */
import { isDeepStrictEqual } from 'node:util'
import type { Call, CallTypes } from '@vestnik/service/call'
import { z } from 'zod'

/** What is sent: what the call names, and who sends it. */
export type Sent<Types extends CallTypes> = Omit<Types, 'answer' | 'query'> & {
  readonly query?: Partial<Types['query']>
  /** An access token. */
  readonly token?: string
  readonly idempotencyKey?: string
}

/** The call did not succeed. */
export class CallFailed extends Error {
  /** Undefined when there was no answer, or only a part of one. */
  readonly status: number | undefined

  constructor(what: string, status: number | undefined, why: string, cause?: unknown) {
    super(`${what}: ${why}`, { cause })
    this.name = 'CallFailed'
    this.status = status
  }
}

/** Nobody can know whether it took effect, or it can be sent again: something is down. */
export function isPassing(error: unknown): error is CallFailed {
  return error instanceof CallFailed && (error.status === undefined || error.status === 503)
}

const withinMs = 20_000

/**
 * Resolves with the answer, which is what the call's schema says and nothing besides.
 * @throws CallFailed for any other status, or none; Error when the answer is not what the call says
 */
export async function ask<Types extends CallTypes>(
  origin: string,
  call: Call<Types>,
  sent: Sent<Types>,
): Promise<Types['answer']> {
  const { method, path } = call
  const { status, text } = await send(`${method} ${path}`, `${origin}${filled(path, sent)}`, {
    method,
    ...contentOf(sent),
    signal: AbortSignal.timeout(withinMs),
  })
  if (status !== call.status) throw new CallFailed(`${method} ${path}`, status, `${status} ${text}`)
  return check(`${method} ${path}`, call, text)
}

async function send(what: string, url: string, init: RequestInit): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(url, init)
    return { status: answer.status, text: await answer.text() }
  } catch (error) {
    throw new CallFailed(what, undefined, 'no answer', error)
  }
}

function filled(path: string, sent: Sent<CallTypes>): string {
  const params = { ...(sent.params as object) } as Record<string, unknown>
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...sent.query })) {
    if (value !== undefined) query.set(name, String(value))
  }
  const place = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  return query.size === 0 ? place : `${place}?${query}`
}

function contentOf({ body, token, idempotencyKey }: Sent<CallTypes>): RequestInit {
  return {
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
}

/** What is said beyond the schema is wrong too: it may be something that nobody meant to tell. */
function check<Types extends CallTypes>(what: string, call: Call<Types>, text: string): Types['answer'] {
  const schema: z.ZodType | undefined = call.answer
  if (schema === undefined) {
    if (text === '') return undefined
    throw new Error(`${what} answered ${text}, and should answer nothing`)
  }
  const found: unknown = JSON.parse(text)
  const read = schema.safeParse(found)
  if (!read.success) throw new Error(`${what} answered ${text}: ${z.prettifyError(read.error)}`)
  if (!isDeepStrictEqual(read.data, found)) throw new Error(`${what} answered more than it says: ${text}`)
  return read.data
}
