/** The users service over HTTP, on a store and a broker in memory: what tests ask of it, and what it published. */
import assert from 'node:assert/strict'
import type { sessions } from '@vestnik/api'
import { type Contract, openBus, type Row, type Store, type Transport } from '@vestnik/bus'
import { codeMigrations, createCodes, type MailLimits, type SealCode } from '@vestnik/codes'
import * as contracts from '@vestnik/contracts'
import { healthOf, migrate, type ServiceStore } from '@vestnik/service'
import { memoryTransport } from '@vestnik/testing'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { pino } from 'pino'
import { openTestStore } from '../../tools/databases/test-store.ts'
import { createApp } from './app.ts'
import type { Cost } from './domain/password-hash.ts'
import { createLimits, type Limits } from './limits.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { migrations } from './store/migrations.ts'
import { sweepAccounts } from './store/sweep.ts'
import type { TokenKeys } from './token-keys.ts'

export const cheap: Cost = { memoryKiB: 64, passes: 1, lanes: 1 }
type SignIn = sessions.SignIn

export const anna: SignIn = { email: 'anna@example.org', password: 'correct horse' }

const { mailSendCode, mailSendNotice, userEmailConfirmed, userLoggedIn, userRegistered } = contracts
const publishes: readonly Contract[] = [userRegistered, userEmailConfirmed, userLoggedIn, mailSendCode, mailSendNotice]

export const keys: TokenKeys = await makeKeys()

async function makeKeys(): Promise<TokenKeys> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const published = { ...(await exportJWK(publicKey)), alg: 'EdDSA', use: 'sig' }
  const kid = await calculateJwkThumbprint(published)
  return { signing: { kid, privateKey }, published: { keys: [{ ...published, kid }] } }
}

export interface Message {
  readonly topic: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** Of JSON; of another answer nothing. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface OpenOptions {
  readonly passwords?: Passwords
  readonly limits?: Limits
  readonly mailLimits?: MailLimits
  readonly seal?: SealCode
  /** Around the store, to count what is asked of it. */
  readonly around?: (store: Store) => Store
}

export interface System {
  readonly store: ServiceStore
  readonly clock: { aheadMs: number }
  /** The service's log, line by line. */
  readonly logged: readonly string[]
  /** As the gateway passes it on for a client of that address. */
  request(method: 'GET' | 'POST' | 'DELETE', url: string, options?: RequestOptions): Promise<Answer>
  post(url: string, body: object, from?: string): Promise<Answer>
  /** All that was published so far, in one list. */
  messages(topic?: string): Promise<readonly Message[]>
  /** The code that was mailed last to the address. */
  lastCode(email: string): Promise<string>
  /** Signs Anna, or another, up and confirms the address. */
  join(person?: SignIn): Promise<void>
  signIn(person?: SignIn, from?: string): Promise<{ accessToken: string; refreshToken: string }>
  sweep(): Promise<void>
  rows(table: string): Promise<readonly Row[]>
}

export interface RequestOptions {
  readonly body?: object
  readonly token?: string
  readonly from?: string
}

type Ending = { after(work: () => Promise<void>): void }

/** Without limits, unless they are given. Codes are published as they are, unless they are sealed. */
export async function open(t: Ending, options: OpenOptions = {}): Promise<System> {
  const { passwords = createPasswords({ cost: cheap, atOnce: 2 }), limits = createLimits(false) } = options
  const { mailLimits, seal = async (digits: string) => digits, around = (store: Store) => store } = options
  const store = await openTestStore()
  await migrate(store, 'users', migrations)
  await migrate(store, 'codes', codeMigrations)
  const transport = memoryTransport()
  const bus = await openBus({ service: 'users', store, transport, publishes, log: () => {} })
  const clock = { aheadMs: 0 }
  const now = () => Date.now() + clock.aheadMs
  const codes = createCodes({ hmacKey: Buffer.alloc(32, 1), seal, publish: bus.publish, now, limits: mailLimits })
  const logged: string[] = []
  const log = pino({}, { write: (line: string) => void logged.push(line) })
  const parts = { store: around(store), bus, passwords, keys, codes, limits, mailLimits, now }
  const http = createApp(parts, { log, health: healthOf(store, transport), trustProxy: ['127.0.0.1'] })
  const seen = await listen(transport)
  t.after(async () => {
    await http.close()
    await bus.close()
    await transport.close()
    await store.close()
  })

  const request: System['request'] = async (method, url, { body, token, from } = {}) => {
    const answer = await http.inject({
      method,
      url,
      ...(body === undefined ? {} : { payload: body }),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(from === undefined ? {} : { 'x-forwarded-for': from }),
      },
    })
    const json = /json/.test(String(answer.headers['content-type']))
    return {
      status: answer.statusCode,
      headers: { ...answer.headers, date: '' },
      text: answer.body,
      body: json ? answer.json() : {},
    }
  }
  const post: System['post'] = (url, body, from) =>
    request('POST', url, { body, ...(from === undefined ? {} : { from }) })
  const messages: System['messages'] = async (topic) => {
    await bus.settled()
    return seen.filter((message) => topic === undefined || message.topic === topic)
  }
  const lastCode: System['lastCode'] = async (email) => {
    const mails = await messages('mail.sendCode')
    return String(mails.findLast(({ payload }) => payload.email === email)?.payload.code)
  }
  return {
    store,
    clock,
    logged,
    request,
    post,
    messages,
    lastCode,
    async join(person = anna) {
      assert.equal((await post('/users', person)).status, 201)
      const code = await lastCode(person.email)
      assert.equal((await post('/users/confirmations', { email: person.email, code })).status, 204)
    },
    async signIn(person = anna, from) {
      const { status, body } = await post('/sessions', person, from)
      assert.equal(status, 200)
      return { accessToken: String(body.accessToken), refreshToken: String(body.refreshToken) }
    },
    async sweep() {
      await codes.sweep(store)
      await sweepAccounts(store, now())
    },
    rows: (table) => store.read((tx) => tx.query(`SELECT * FROM "${table}"`, [])),
  }
}

/** Every message that goes out, as all its groups together would see it. */
async function listen(transport: Transport): Promise<readonly Message[]> {
  const seen: Message[] = []
  for (const { topic, groups } of publishes) {
    for (const { name, order } of groups) {
      await transport.subscribe({ topic, name, concurrency: 1, order }, async ({ body }) => {
        seen.push({ topic, payload: JSON.parse(Buffer.from(body).toString()) })
      })
    }
  }
  return seen
}

/** Code that is not this one. */
export const otherCode = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
