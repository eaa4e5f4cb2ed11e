/** A service opens the brokers of its own topics, and its health names each. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { contract, on, openBus } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { pino } from 'pino'
import { z } from 'zod'
import { readBroker } from './broker.ts'
import { healthOf } from './health.ts'
import { openBrokers } from './open-brokers.ts'

const schema = z.object({ id: z.string() })
const login = contract('user.loggedIn', { schema, groups: ['reader'] })
const code = contract('mail.sendCode', { schema, groups: ['reader'] })
const notice = contract('mail.sendNotice', { schema, groups: ['reader'] })
const log = pino({ level: 'silent' })

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-open-brokers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function configIn(folder: string) {
  const environment = {
    MESSAGE_BROKER_URL: `sqlite:${folder}/rest.db`,
    MESSAGE_BROKER_ROUTES: `mail.sendCode=sqlite:${folder}/mails.db;mail.sendNotice=sqlite:${folder}/notices.db`,
  }
  const read = readBroker(environment, folder, { contracts: [login, code, notice] })
  return { ...read, production: false, plaintextAllowed: false }
}

const madeIn = (folder: string) => ['rest', 'mails', 'notices'].filter((name) => existsSync(join(folder, `${name}.db`)))

test('only the brokers that carry something of the service are opened', async (t) => {
  const folder = folderOf(t)
  {
    await using brokers = await openBrokers({ clientId: 'x', contracts: [login, code], config: configIn(folder), log })
    assert.deepEqual(
      brokers.routes.map(({ topics }) => topics),
      [['mail.sendCode']],
    )
    assert.deepEqual(madeIn(folder), ['rest', 'mails'])
  }
  await using one = await openBrokers({ clientId: 'x', contracts: [notice], config: configIn(folder), log })
  assert.deepEqual([one.routes.length, madeIn(folder)], [0, ['rest', 'mails', 'notices']])
})

test('what cannot be opened leaves none of the others open', async (t) => {
  const folder = folderOf(t)
  const config = { ...configIn(folder), brokerRoutes: [{ topics: ['mail.*'], url: `sqlite:${folder}` }] }
  await assert.rejects(openBrokers({ clientId: 'x', contracts: [login, code], config, log }), { code: 'FILE_UNUSABLE' })
})

test('messages go from one service to another over the brokers of their topics, and health names each', async (t) => {
  const folder = folderOf(t)
  const contracts = [login, code]
  await using brokers = await openBrokers({ clientId: 'x', contracts, config: configIn(folder), log })
  await using store = await openSqliteStore(':memory:')
  const { transport, routes } = brokers
  const taken: string[] = []
  const handlers = contracts.map((one) => on(one, 'reader', ({ id }) => void taken.push(`${one.topic} ${id}`)))
  await using bus = await openBus({ service: 'x', store, transport, routes, handlers })
  await store.transaction(async (tx) => {
    for (const one of contracts) await bus.publish(tx, one, { id: '1' })
  })
  await bus.settled()
  assert.deepEqual(taken.sort(), ['mail.sendCode 1', 'user.loggedIn 1'])
  const { reported } = await healthOf(store, transport, routes)()
  const ready = { name: 'sqlite', ready: true }
  assert.deepEqual(reported, { broker: ready, 'broker of mail.sendCode': ready })
})
