/** Hands requests on to a service behind the gateway: the path as it came, named headers only, one request for one. */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { type Http, type HttpReply, type HttpRequest, Problem, unavailable } from '@vestnik/service'

export interface Upstream {
  /** Answers the route with what the service answers. Rejects with Problem 503 when it does not answer. */
  readonly handle: (request: HttpRequest, reply: HttpReply) => Promise<HttpReply>
  close(): void
}

/** Everything else that a client or a service says stays where it is: a forged header gets nowhere. */
const requestHeaders = ['accept', 'accept-language', 'authorization', 'content-type', 'idempotency-key', 'traceparent']
const responseHeaders = ['content-type', 'location', 'retry-after', 'www-authenticate', 'cache-control']

const answerWithinMs = 20_000

export function createUpstream(origin: string): Upstream {
  const target = new URL(origin)
  const client = target.protocol === 'https:' ? https : http
  const agent = new client.Agent({ keepAlive: true, maxSockets: 256 })
  const { hostname, port } = urlToHttpOptions(target)
  const base = { agent, hostname, port, timeout: answerWithinMs }

  function ask(request: HttpRequest): Promise<IncomingMessage> {
    const body = request.body instanceof Uint8Array ? request.body : undefined
    const headers = {
      ...pick(request.headers, requestHeaders),
      'x-forwarded-for': request.ip,
      ...lengthOf(request, body),
    }
    return new Promise((resolve, reject) => {
      const asked = client.request({ ...base, method: request.method, path: request.raw.url ?? '/', headers })
      asked.once('response', resolve)
      asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerWithinMs} ms`)))
      asked.on('error', (error) =>
        reject(unavailable('The service behind this path does not answer. Try again.', error)),
      )
      asked.end(body)
    })
  }

  return {
    async handle(request, reply) {
      checkPath(request.raw.url ?? '/')
      const answer = await ask(request)
      return reply
        .code(answer.statusCode ?? 502)
        .headers(pick(answer.headers, responseHeaders))
        .send(answer)
    },
    close: () => agent.destroy(),
  }
}

/** Bodies are handed on as they came: the service behind reads and judges them. */
export function keepBodies(http: Http): void {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body)
}

/** Dots and encoded slashes mean another path to whoever normalises them, so nobody gets to see them. */
function checkPath(url: string): void {
  const [path = ''] = url.split('?', 1)
  if (/(^|\/)\.{1,2}(\/|$)|%2e|%2f|%5c|\\|\/\//i.test(path)) throw new Problem(404, 'There is nothing at this path.')
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string') picked[name] = value
  }
  return picked
}

function lengthOf(request: HttpRequest, body: Uint8Array | undefined): Record<string, string> {
  if (body === undefined && request.method === 'GET') return {}
  return { 'content-length': String(body?.length ?? 0) }
}
