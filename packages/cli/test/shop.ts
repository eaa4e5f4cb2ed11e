/** A service whose messages fail: what the tests of the command look at, and mend. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, type Contract, contract, effect, on, openBus, permanent, uncertain } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { memoryTransport } from '@vestnik/testing'
import { z } from 'zod'
import { openTestSchema, testSchema } from '../../../tools/databases/test-store.ts'

interface Order {
  readonly order: number
  readonly note: string
}

interface Code {
  readonly email: string
  readonly code: string
}

export const orderPlaced: Contract<Order, 'stock'> = contract('shop.orderPlaced', {
  schema: z.object({ order: z.int(), note: z.string() }),
  key: ({ order }) => String(order),
  groups: ['stock'],
  retry: { attempts: 2, firstDelayMs: 1 },
})

export const sendCode: Contract<Code, 'mailer'> = contract('mail.sendCode', {
  schema: z.object({ email: z.string(), code: z.string() }),
  key: ({ email }) => email,
  groups: ['mailer'],
  afterDead: 'park',
  uncertain: 'dead',
  secret: ['code'],
})

export interface Shop extends AsyncDisposable {
  readonly bus: Bus
  /** Orders that took effect, and codes that were sent: in the database, and outside it. */
  orders(): Promise<readonly number[]>
  readonly sent: readonly string[]
  place(order: number, note: string, options?: { readonly expires?: number }): Promise<string>
  code(email: string, code: string): Promise<string>
  /** Puts a body into the broker as a peer would. */
  fromPeer(topic: string, body: string | Uint8Array): Promise<void>
}

/** Opens the service on the file, or the schema. Until it is mended its handlers fail: of which error, the note or the address says. */
export async function openShop(path: string, { mended = false }: { readonly mended?: boolean } = {}): Promise<Shop> {
  const store = path.startsWith('postgres:') ? await openTestSchema(path) : await openSqliteStore(path)
  await store.transaction((tx) => tx.query('CREATE TABLE IF NOT EXISTS orders (number INTEGER)', []))
  const transport = memoryTransport({ maxBodyBytes: 2_000 })
  const sent: string[] = []
  const bus = await openBus({
    service: 'shop',
    store,
    transport,
    log: () => {},
    handlers: [
      on(orderPlaced, 'stock', async ({ order, note }, { tx }) => {
        if (!mended && note !== 'fine') throw note === 'gone' ? permanent('no such article') : new TypeError(note)
        await tx.query('INSERT INTO orders (number) VALUES (?)', [order])
      }),
      effect(sendCode, 'mailer', async ({ email, code }) => {
        if (!mended) throw email.startsWith('u') ? uncertain('broke after DATA') : permanent('550 no such mailbox')
        sent.push(code)
      }),
    ],
  })
  const close = async () => {
    await bus.close(AbortSignal.timeout(1_000))
    await transport.close()
    await store.close()
  }
  return {
    bus,
    sent,
    async orders() {
      const rows = await store.read((tx) => tx.query('SELECT number FROM orders ORDER BY number', []))
      return rows.map(({ number }) => Number(number))
    },
    place: (order, note, options) => store.transaction((tx) => bus.publish(tx, orderPlaced, { order, note }, options)),
    code: (email, code) => store.transaction((tx) => bus.publish(tx, sendCode, { email, code })),
    fromPeer: (topic, body) => transport.publish([{ id: '', topic, headers: {}, body: Buffer.from(body) }]),
    [Symbol.asyncDispose]: close,
  }
}

export interface Folder extends AsyncDisposable {
  readonly path: string
  /** Of the database that is in it, or will be; or the URL of a schema, where tests run on a server. */
  readonly database: string
}

export async function tempFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'vestnik-cli-'))
  return {
    path,
    database: (await testSchema()) ?? join(path, 'shop.db'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, maxRetries: 3 }),
  }
}

/** A folder with the database of a shop that was closed after the work, when so many of its messages were dead. */
export async function shopWith(dead: number, work: (shop: Shop) => Promise<unknown>): Promise<Folder> {
  const folder = await tempFolder()
  await using shop = await openShop(folder.database)
  await work(shop)
  await until(async () => (await shop.bus.operations.listDead()).length === dead)
  return folder
}

/** Waits until it holds. @throws Error when that takes longer */
export async function until(holds: () => Promise<boolean> | boolean, ms: number = 10_000): Promise<void> {
  const late = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > late) throw new Error(`not so after ${ms} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
