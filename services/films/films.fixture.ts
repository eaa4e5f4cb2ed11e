/** The films service for its tests: the real one, on a store and a broker in memory, under a clock that the test moves. */
import assert from 'node:assert/strict'
import { type Bus, openBus } from '@vestnik/bus'
import { codeMigrations, createCodes, type MailLimits, type SealCode } from '@vestnik/codes'
import {
  type FilmRented,
  filmRented,
  type MailSendCode,
  mailSendCode,
  userEmailConfirmed,
  userRegistered,
} from '@vestnik/contracts'
import { type Http, healthOf, type Log, migrate, type ServiceStore, unauthorized } from '@vestnik/service'
import { memoryTransport } from '@vestnik/testing'
import { pino } from 'pino'
import { openTestStore } from '../../tools/databases/test-store.ts'
import { createApp, handlers } from './app.ts'
import { type CatalogueFilm, catalogue } from './catalogue/index.ts'
import { loadCatalogue } from './store/load-catalogue.ts'
import { migrations } from './store/migrations.ts'

export interface FilmsOptions {
  /** @default the first 60 films of the real one, so that a test begins soon */
  readonly films?: readonly CatalogueFilm[]
  readonly limits?: MailLimits
  readonly openRequests?: number
  readonly patienceMs?: number
  readonly seal?: SealCode
  readonly log?: Log
  /** @default one of its own */
  readonly store?: ServiceStore
}

export interface Context {
  after(work: () => Promise<void>): void
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The body as JSON. */
  readonly body: ReturnType<JSON['parse']>
}

export interface Films {
  readonly http: Http
  readonly store: ServiceStore
  readonly bus: Bus
  /** Moves only by hand. */
  readonly clock: { ms: number }
  /** What was mailed and told so far, in order; complete after `bus.settled()`. */
  readonly mails: MailSendCode[]
  readonly rented: FilmRented[]
  readonly codes: Parameters<typeof createApp>[0]['codes']
  get(url: string, userId?: number): Promise<Answer>
  post(url: string, userId: number | undefined, payload?: unknown, headers?: Record<string, string>): Promise<Answer>
  rent(filmId: number, userId?: number, idempotencyKey?: string): Promise<Answer>
  confirm(rentalId: number, code: string, userId?: number): Promise<Answer>
  /** The code that was mailed last. */
  lastCode(): Promise<string>
  registered(userId: number, email?: string): Promise<void>
  confirmed(userId: number, email?: string): Promise<void>
}

/** A token is `user <id>` here, and the address of user 1 `user1@example.org`. */
export async function openFilms(t: Context, options: FilmsOptions = {}): Promise<Films> {
  const { limits, openRequests = 1000, patienceMs = 0, seal = async (digits) => digits } = options
  const { films = catalogue.slice(0, 60), log = pino({ level: 'silent' }) } = options
  const store = options.store ?? (await openTestStore())
  await migrate(store, 'films', migrations)
  await migrate(store, 'codes', codeMigrations)
  await loadCatalogue(store, films)
  const transport = memoryTransport()
  const publishes = [mailSendCode, filmRented]
  const bus = await openBus({ service: 'films', store, transport, handlers, publishes, log: () => {} })
  const mails: MailSendCode[] = []
  const rented: FilmRented[] = []
  const read = (topic: string, name: string, into: unknown[]) =>
    transport.subscribe({ topic, name, concurrency: 1, order: 'key' }, async ({ body }) => {
      into.push(JSON.parse(Buffer.from(body).toString()))
    })
  await read(mailSendCode.topic, 'mail-group', mails)
  await transport.ensure({
    topics: [],
    groups: [{ topic: filmRented.topic, name: 'test', concurrency: 1, order: 'key' }],
  })
  await read(filmRented.topic, 'test', rented)
  const clock = { ms: Date.now() }
  const now = () => clock.ms
  const codes = createCodes({ hmacKey: Buffer.alloc(32, 7), seal, publish: bus.publish, now, limits })
  const parts = { store, bus, codes, verify, now, openRequests, patienceMs }
  const http = createApp(parts, { log, health: healthOf(store, transport) })
  t.after(async () => {
    await http.close()
    await bus.close()
    await transport.close()
    await store.close()
  })

  async function ask(method: 'GET' | 'POST', url: string, userId: number | undefined, given: object): Promise<Answer> {
    const { payload, headers = {} } = given as { payload?: string; headers?: Record<string, string> }
    const token = userId === undefined ? {} : { authorization: `user ${userId}` }
    const answer = await http.inject({
      method,
      url,
      headers: { ...token, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    const { statusCode: status, body: text } = answer
    return { status, headers: answer.headers, text, body: text === '' ? undefined : JSON.parse(text) }
  }

  const post: Films['post'] = (url, userId, payload, headers = {}) =>
    payload === undefined
      ? ask('POST', url, userId, { headers })
      : ask('POST', url, userId, {
          payload: JSON.stringify(payload),
          headers: { 'content-type': 'application/json', ...headers },
        })

  return {
    http,
    store,
    bus,
    clock,
    mails,
    rented,
    codes,
    get: (url, userId) => ask('GET', url, userId, {}),
    post,
    rent: (filmId, userId = 1, key) =>
      post(`/films/${filmId}/rentals`, userId, undefined, key === undefined ? {} : { 'idempotency-key': key }),
    confirm: (rentalId, code, userId = 1) => post(`/rentals/${rentalId}/confirmation`, userId, { code }),
    async lastCode() {
      await bus.settled()
      return mails.at(-1)?.code ?? assert.fail('no mail')
    },
    async registered(userId, email = emailOf(userId)) {
      await store.transaction((tx) => bus.publish(tx, userRegistered, { userId, email }))
      await bus.settled()
    },
    async confirmed(userId, email = emailOf(userId)) {
      await store.transaction((tx) => bus.publish(tx, userEmailConfirmed, { userId, email }))
      await bus.settled()
    },
  }
}

export const emailOf = (userId: number): string => `user${userId}@example.org`

/** A code that is not this one. */
export const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

async function verify(authorization: string | undefined) {
  const userId = Number(/^user (\d+)$/.exec(authorization ?? '')?.[1])
  if (!userId) throw unauthorized()
  return { userId, sessionId: 's' }
}
