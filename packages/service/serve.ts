/** Adds a call of the API to a service's HTTP: input is validated, and whoever must be signed in is. */
import type { FastifyRequest as HttpRequest } from 'fastify'
import { z } from 'zod'
import type { Call, CallTypes } from './call.ts'
import type { Http } from './http.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import type { Caller, VerifyToken } from './tokens.ts'

export interface Asked<Types extends CallTypes> {
  readonly params: Types['params']
  readonly query: Types['query']
  readonly body: Types['body']
  /** Who asks, as their token says; 0 and '' where anybody may. */
  readonly caller: Caller
  /** Of a call that is idempotent, where the client gave one. */
  readonly idempotencyKey: string | undefined
  readonly request: HttpRequest
}

/** A call without a body in its answer may answer nothing at all. */
type Answered<Types extends CallTypes> = unknown extends Types['answer'] ? unknown : Types['answer']

/** Verifies before it validates: whoever may not come in learns nothing of the input. */
export function serve<Types extends CallTypes>(
  http: Http,
  verify: VerifyToken,
  { method, path, caller, params, query, body, idempotent, status }: Call<Types>,
  handle: (asked: Asked<Types>) => Promise<Answered<Types>>,
): void {
  const callers = new WeakMap<HttpRequest, Caller>()
  http.route({
    method,
    url: path,
    schema: {
      ...(params === undefined ? {} : { params }),
      querystring: query ?? nothing,
      ...(method === 'GET' ? {} : { body: body ?? nothing.optional() }),
    },
    async onRequest(request) {
      if (caller === 'user') callers.set(request as HttpRequest, await verify(request.headers.authorization))
    },
    async handler(request, reply) {
      const asked = request as HttpRequest
      const answer = await handle({
        params: asked.params as Types['params'],
        query: asked.query as Types['query'],
        body: asked.body as Types['body'],
        caller: callers.get(asked) ?? nobody,
        idempotencyKey: idempotent ? readIdempotencyKey(asked.headers['idempotency-key']) : undefined,
        request: asked,
      })
      return reply.code(status).send(answer)
    },
  })
}

/** What a call does not name is refused, not ignored. */
const nothing = z.strictObject({})

const nobody: Caller = { userId: 0, sessionId: '' }
