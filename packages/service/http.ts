/** A service's HTTP: JSON in, JSON out, limits before parsing, and a problem for every error. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyTypeProvider,
  fastify,
  LogController,
  type RawServerDefault,
} from 'fastify'
import type { z } from 'zod'
import { traceRequests } from './http-telemetry.ts'
import { readJson } from './json.ts'
import { endKeptConnections } from './kept-connections.ts'
import type { Log } from './log.ts'
import { badInput, Problem, problemOf } from './problem.ts'
import { checkRequest } from './request-checks.ts'
import { metricsText } from './telemetry.ts'
import { unknownRoutes } from './unknown-route.ts'

/** A fastify app whose route schemas are zod's, and whose handlers get what these schemas answer. */
export type Http = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypes>

export interface ZodTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
}

/** What a part of the service can do now; `reason` is one sentence when it cannot. */
export interface PartHealth {
  /** Which kind it is, where there are several. */
  readonly name?: string
  readonly ready: boolean
  readonly reason?: string
}

export interface HttpOptions {
  readonly log: Log
  /** `judged` decides whether the service is ready; `reported` is only told. */
  readonly health: () => Promise<{
    readonly judged: Readonly<Record<string, PartHealth>>
    readonly reported: Readonly<Record<string, PartHealth>>
  }>
  /** Addresses and networks whose `X-Forwarded-For` is believed. @default none */
  readonly trustProxy?: readonly string[]
}

/** `/livez`, `/readyz` and `/metrics` are there already. */
export function createHttp({ log, health, trustProxy = [] }: HttpOptions): Http {
  const http: Http = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 16 * 1024,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Node's own refusal has no body: ours has.
    http: { requireHostHeader: false },
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, _request, reply) => void sendProblem(reply as FastifyReply, problemOfFramework(error)),
    clientErrorHandler: answerUnreadable,
  }).withTypeProvider<ZodTypes>()
  http.setValidatorCompiler(({ schema, httpPart }) => validator(schema as unknown as z.ZodType, httpPart ?? 'body'))
  http.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error)
    if (problem.status === 503) log.warn(`${problem.message} ${reasonOf(problem.cause)}`)
    else if (problem.status >= 500) log.error({ err: problem.cause ?? problem }, problem.message)
    return sendProblem(reply, problem)
  })
  const unknown = unknownRoutes(http)
  http.setNotFoundHandler((request, reply) => sendProblem(reply, unknown(request.raw.url ?? '/')))
  refuseTunnels(http)
  // Node's own answer has no body.
  http.server.on('checkExpectation', (_request, response) => answerUnmet(response))
  traceRequests(http)
  readOnlyJson(http)
  http.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    checkRequest(request.raw)
  })
  addHealth(http, health)
  endKeptConnections(http)
  return http
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem.body())
}

/** Before any route is found. */
function problemOfFramework(error: Error & { readonly code: string }): Problem {
  if (error.code !== 'FST_ERR_BAD_URL') return problemOf(error)
  const reason = 'It must be percent-encoded text in UTF-8'
  return new Problem(400, `path: ${reason}`, { errors: [{ field: 'path', reason }] })
}

/** What is down says so by itself: here the reason is enough. */
const reasonOf = (cause: unknown): string => (cause instanceof Error ? `(${cause.message})` : '')

function validator(schema: z.ZodType, part: string): (found: unknown) => { value: unknown } | { error: Error } {
  const name = part === 'querystring' ? 'query' : part === 'params' ? 'path' : part
  return (found) => {
    const read = schema.safeParse(found ?? undefined)
    return read.success ? { value: read.data } : { error: badInput(read.error, name) }
  }
}

function readOnlyJson(http: Http): void {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    body.length === 0 ? undefined : readJson(body),
  )
}

function addHealth(http: Http, health: HttpOptions['health']): void {
  let closing = false
  http.addHook('preClose', async () => {
    closing = true
  })
  http.get('/livez', async () => ({ status: 'alive' }))
  http.get('/readyz', async (_request, reply) => {
    const { judged, reported } = await health()
    const ready = !closing && Object.values(judged).every((part) => part.ready)
    const parts = Object.entries({ ...judged, ...reported }).map(([name, part]) => [name, withoutFolders(part)])
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not ready', parts: Object.fromEntries(parts) })
  })
  http.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText()),
  )
}

/** Anybody may ask: a file is told by its name alone. */
function withoutFolders({ reason, ...part }: PartHealth): PartHealth {
  return reason === undefined ? part : { ...part, reason: reason.replace(/(?<![^\s"'(:])\/(?!\/)[^\s"']*\//g, '') }
}

function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  answerByHand(socket, unreadable[error.code ?? ''] ?? 400)
}

const unreadable: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** A tunnel has no response that would wait for the answers to earlier requests of its connection. */
function refuseTunnels({ server }: Http): void {
  const latest = new WeakMap<Socket, ServerResponse>()
  server.on('request', ({ socket }, response) => void latest.set(socket, response))
  server.on('connect', ({ socket }) => {
    // Node listens to this socket no more: a connection that breaks would end the process.
    socket.on('error', () => socket.destroy())
    const earlier = latest.get(socket)
    const refuse = (): void => answerByHand(socket, 405)
    if (earlier === undefined || earlier.closed) refuse()
    else earlier.once('close', refuse)
  })
}

/** By the response, which waits for the answers to earlier requests of its connection. */
function answerUnmet(response: ServerResponse): void {
  const body = bodyOf(417)
  response.writeHead(417, {
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** A request that is no HTTP, or asks for a tunnel, has no response. */
function answerByHand(socket: Socket, status: number): void {
  const body = bodyOf(status)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

const bodyOf = (status: number): string =>
  JSON.stringify(problemOf(Object.assign(new Error(), { statusCode: status })).body())
