/** One service that publishes over two brokers and reads from both, while a test kills one of them. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contract, contract, on, openBus } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { openTransport } from '@vestnik/transport'
import { z } from 'zod'
import { until } from './until.ts'

interface Broker {
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
}

const limitMs = 60_000
const count = 100

type Placed = { readonly place: number }

/** While one is down, all that goes over the other takes effect, and what goes over it follows when it is back. */
export async function flowWhileOneIsDown(rest: Broker, mails: Broker): Promise<void> {
  await using service = await openService(rest.url, mails.url)
  const { note, mail } = service
  await service.publish()
  await service.untilEffects(note, count)
  await service.untilEffects(mail, count)
  for (const [round, [down, waits, goes]] of (
    [
      [mails, mail, note],
      [rest, note, mail],
    ] as const
  ).entries()) {
    await down.kill()
    await service.publish()
    await service.untilEffects(goes, (round + 2) * count)
    assert.equal((await service.effects(waits)).length, (round + 1) * count)
    await until('a health that says so', async () => service.bus.health().ready === false, limitMs)
    await down.start()
    await service.untilEffects(waits, (round + 2) * count)
  }
  for (const topic of [note, mail]) {
    const places = await service.effects(topic)
    assert.deepEqual(
      places,
      Array.from({ length: 3 * count }, (_, i) => i + 1),
      `${topic.topic}: once each, in order`,
    )
  }
}

async function openService(rest: string, mails: string) {
  const run = randomUUID().slice(0, 8)
  const all = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-one-is-down-'))
  all.defer(() => rm(folder, { recursive: true }))
  const store = await openSqliteStore(join(folder, 'service.db'))
  all.defer(() => store.close())
  const [transport, other] = [await openTransport(rest), await openTransport(mails)]
  all.defer(() => transport.close())
  all.defer(() => other.close())
  const [note, mail] = [placed(`note.${run}`), placed(`mail.${run}`)]
  await store.transaction((tx) => tx.query('CREATE TABLE effects (topic TEXT, place INTEGER)', []))
  const keep = (topic: Contract<Placed>) =>
    on(topic, 'readers', async ({ place }, { tx }) => {
      await tx.query('INSERT INTO effects (topic, place) VALUES (?, ?)', [topic.topic, place])
    })
  const bus = all.use(
    await openBus({
      ...{ service: 'one-is-down', store, transport, handlers: [keep(note), keep(mail)], log: () => {} },
      routes: [{ topics: ['mail.*'], transport: other }],
    }),
  )
  let published = 0
  async function effects({ topic }: Contract<Placed>): Promise<readonly number[]> {
    const statement = 'SELECT place FROM effects WHERE topic = ? ORDER BY rowid'
    return (await store.read((tx) => tx.query(statement, [topic]))).map(({ place }) => Number(place))
  }
  return {
    ...{ bus, note, mail, effects },
    /** So many of each topic, in turns, in one outbox. */
    async publish() {
      for (let i = 0; i < count; i += 1) {
        published += 1
        await store.transaction(async (tx) => {
          for (const topic of [mail, note]) await bus.publish(tx, topic, { place: published })
        })
      }
    },
    untilEffects: (topic: Contract<Placed>, wanted: number) =>
      until(`${wanted} effects of ${topic.topic}`, async () => (await effects(topic)).length >= wanted, limitMs),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** All of one key, so that their order can be told. */
const placed = (topic: string): Contract<Placed> =>
  contract(topic, {
    ...{ schema: z.object({ place: z.int() }), key: () => 'all', partitions: 4, groups: ['readers'] },
    retry: { attempts: 50, firstDelayMs: 20, maxDelayMs: 200 },
  })
