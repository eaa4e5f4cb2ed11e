/** A gateway on a store and a broker in memory, before services that are played by the test. */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Bus, openBus, type Transport } from '@vestnik/bus'
import { userLoggedIn } from '@vestnik/contracts'
import {
  type Http,
  type HttpOptions,
  healthOf,
  migrate,
  openPrinter,
  type Printer,
  readPageFiles,
  unauthorized,
  type VerifyToken,
} from '@vestnik/service'
import { memoryTransport } from '@vestnik/testing'
import { pino } from 'pino'
import { openTestStore } from '../../tools/databases/test-store.ts'
import { createApp, createHandlers, type GatewayParts } from './app.ts'
import { createLimits } from './limits.ts'
import { migrations } from './store/migrations.ts'
import { createUpstream, type UpstreamLimits } from './upstream.ts'

export type Context = { after(work: () => Promise<void>): void }

/** A token is `user <id>` here. */
async function verifyPlayed(authorization: string | undefined) {
  const userId = Number(/^user (\d+)$/.exec(authorization ?? '')?.[1])
  if (!userId) throw unauthorized()
  return { userId, sessionId: 's' }
}

export interface Setting extends Partial<Omit<GatewayParts, 'users' | 'films' | 'store' | 'verify'>> {
  readonly usersUrl?: string
  readonly filmsUrl?: string
  readonly verify?: VerifyToken
  readonly upstream?: UpstreamLimits
  readonly http?: Partial<HttpOptions>
}

type HttpAnswer = Awaited<ReturnType<Http['inject']>>

export interface Opened {
  readonly http: Http
  readonly bus: Bus
  readonly printer: Printer
  readonly printed: readonly string[]
  readonly transport: Transport
  /** Publishes what the users service says of a sign-in. */
  signIn(userId: number, timestamp: string): Promise<unknown>
  /** Asks for a user's sign-ins. */
  logins(query?: string, userId?: number): Promise<HttpAnswer>
}

const nowhere = 'http://127.0.0.1:1'

export async function openGateway(t: Context, setting: Setting = {}): Promise<Opened> {
  const { usersUrl = nowhere, filmsUrl = nowhere, verify = verifyPlayed, upstream, http: options, ...parts } = setting
  const store = await openTestStore()
  await migrate(store, 'gateway', migrations)
  const printed: string[] = []
  const write = async (text: string) => void printed.push(text)
  const printer = await openPrinter(store, { write, onError: (error) => assert.fail(String(error)) })
  const transport = memoryTransport()
  const handlers = createHandlers(printer)
  const publishes = [userLoggedIn]
  const bus = await openBus({ service: 'gateway', store, transport, handlers, publishes, log: () => {} })
  const limits = { patienceMs: 0, ...upstream }
  const users = createUpstream(usersUrl, limits)
  const films = createUpstream(filmsUrl, limits)
  const page = await readPageFiles(join(import.meta.dirname, 'page'))
  const log = pino({ level: 'silent' })
  const http = createApp(
    { store, verify, users, films, limits: createLimits(false), page, ...parts },
    { log, health: healthOf(store, transport), ...options },
  )
  t.after(async () => {
    await http.close()
    await Promise.all([users.close(), films.close()])
    await bus.close()
    await printer.close()
    await transport.close()
    await store.close()
  })
  const signIn = (userId: number, timestamp: string) =>
    store.transaction((tx) => bus.publish(tx, userLoggedIn, { userId, timestamp }))
  const logins = (query = '', userId = 1) =>
    http.inject({ url: `/logins${query}`, headers: { authorization: `user ${userId}` } })
  return { http, bus, printer, printed, signIn, logins, transport }
}

/** A request that reached a played service. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Played {
  readonly url: string
  readonly seen: readonly Seen[]
}

/** A service that keeps what it was asked, and answers `{}` where the listener says nothing else. */
export async function playService(t: Context, listener?: RequestListener): Promise<Played> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const body = (await request.toArray()).join('')
    seen.push({ method, url, headers, body })
    if (listener) listener(request, response)
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return { url: `http://127.0.0.1:${address.port}`, seen }
}

/** Everything that the server says to these bytes until it hangs up, or has been quiet for a while after its first word. */
export async function sendRaw(origin: string, bytes: string | Buffer, quietMs = 600): Promise<string> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  // The first word may take long on a busy machine.
  socket.setTimeout(15_000, () => socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => {
    chunks.push(Buffer.from(chunk))
    socket.setTimeout(quietMs)
  })
  socket.on('error', () => {})
  socket.write(bytes)
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks).toString('latin1')
}

/** The statuses of all answers in what a server said. */
export function statusesIn(said: string): number[] {
  return [...said.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
}
