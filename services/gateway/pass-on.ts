/** The calls that services behind the gateway answer: only these pass, with named headers only, each request as one. */
import {
  type Call,
  type Http,
  type HttpRequest,
  Problem,
  readJson,
  traceHeaders,
  type VerifyToken,
} from '@vestnik/service'
import type { Asked } from './exchange.ts'
import type { Upstream } from './upstream.ts'

/** Adds the routes of one service. A token is verified here, and there again. */
export function passOn(http: Http, calls: readonly Call[], upstream: Upstream, verify: VerifyToken): void {
  http.register(async (behind) => {
    keepBodies(behind as Http)
    for (const call of calls) addRoute(behind as Http, call, upstream, verify)
  })
}

/** Everything else that a service says stays where it is. */
const answeredHeaders = ['content-type', 'location', 'retry-after', 'www-authenticate', 'cache-control']

function addRoute(http: Http, call: Call, upstream: Upstream, verify: VerifyToken): void {
  http.route({
    method: call.method,
    url: call.path,
    schema: call.params === undefined ? {} : { params: call.params },
    async onRequest(request) {
      if (call.caller === 'user') await verify(request.headers.authorization)
    },
    async handler(request, reply) {
      const { status, headers, body } = await upstream.ask(askedOf(call, request as HttpRequest))
      for (const name of answeredHeaders) {
        const value = headers[name]
        if (value !== undefined) reply.header(name, value)
      }
      return reply.code(status).send(body.length === 0 ? undefined : body)
    },
  })
}

function askedOf(call: Call, request: HttpRequest): Asked {
  const path = request.raw.url ?? '/'
  checkUrl(path)
  const body = request.body instanceof Uint8Array ? request.body : undefined
  // A forged header gets nowhere: only what the call is made of is handed on.
  const headers = { ...traceHeaders(), 'x-forwarded-for': request.ip }
  if (call.caller === 'user') copy('authorization', request, headers)
  if (body !== undefined) copy('content-type', request, headers)
  if (call.idempotent) copy('idempotency-key', request, headers)
  // HEAD is answered like GET, and what it must not have is left out here.
  return { method: call.method, path, headers, body, repeatable: call.method === 'GET' || 'idempotency-key' in headers }
}

function copy(name: string, { headers }: HttpRequest, into: Record<string, string>): void {
  const value = headers[name]
  if (typeof value === 'string') into[name] = value
}

/** Nobody who might read an encoded or a dotted path in another way gets to see one: our own paths need neither. */
function checkUrl(url: string): void {
  const [path = '', ...query] = url.split('?')
  if (!/^(\/[A-Za-z0-9_-]+)+$/.test(path)) throw new Problem(404, 'There is nothing at this path.')
  if (!/^[!-~]*$/.test(query.join('')) || url.includes('#')) {
    throw new Problem(400, 'The query must be percent-encoded.', {
      errors: [{ field: 'query', reason: 'It must be percent-encoded' }],
    })
  }
}

/** Bodies are read here, so that what is no JSON ends here, and handed on as they came. */
function keepBodies(http: Http): void {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    if (body.length > 0) readJson(body)
    return body
  })
}
