/** What the mailbox keeps, and what it lets go. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { migrate } from '@vestnik/service'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { type Limits, type Messages, messagesIn } from './messages.ts'
import { migrations } from './migrations.ts'

const envelope = { from: 'a@example.com', to: ['b@example.com'], username: '' }

async function open(t: TestContext, limits?: Limits, path: string = ':memory:') {
  const store = await openSqliteStore(path)
  t.after(() => store.close())
  await migrate(store, 'mailbox', migrations)
  const messages = messagesIn(store, limits)
  const add = (subject: string, size = 100) => messages.add(envelope, mail(subject, size))
  return { store, messages, add }
}

function mail(subject: string, size: number): Uint8Array {
  return Buffer.from(`Subject: ${subject}\r\n\r\n`.padEnd(size, 'x'))
}

async function subjects(messages: Messages, start = 0, limit = 100): Promise<string[]> {
  return (await messages.list(start, limit)).messages.map(({ Subject }) => Subject)
}

test('the newest come first, in pages', async (t) => {
  const { messages, add } = await open(t)
  for (const subject of ['1', '2', '3', '4']) await add(subject)
  assert.deepEqual(await subjects(messages), ['4', '3', '2', '1'])
  assert.deepEqual(await subjects(messages, 1, 2), ['3', '2'])
  assert.deepEqual(await subjects(messages, 9, 2), [])
  assert.deepEqual(await messages.totals(), { total: 4, unread: 4, bytes: 400 })
})

test('a message is new until it is opened', async (t) => {
  const { messages, add } = await open(t)
  const [first] = [await add('1'), await add('2')]
  assert.equal((await messages.open(first))?.message.Subject, '1')
  const { unread, messages: listed } = await messages.list(0, 10)
  assert.equal(unread, 1)
  assert.deepEqual(
    listed.map(({ Read }) => Read),
    [false, true],
  )
  assert.equal((await messages.open('latest'))?.message.Subject, '2')
  assert.equal((await messages.totals()).unread, 0)
})

test('looking at a message again commits nothing, so that no page is told of it', async (t) => {
  const { store, messages, add } = await open(t)
  const id = await add('1')
  await messages.open(id)
  let told = 0
  t.after(store.watch(() => (told += 1)))
  await messages.open(id)
  await messages.list(0, 10)
  assert.equal(told, 0)
  await add('2')
  assert.equal(told, 1)
})

test('a source is kept byte for byte', async (t) => {
  const { messages } = await open(t)
  const raw = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 256)
  const id = await messages.add(envelope, raw)
  assert.deepEqual(Buffer.from((await messages.source(id)) ?? []), Buffer.from(raw))
})

test('what is not there is undefined, and removing it is nothing', async (t) => {
  const { messages, add } = await open(t)
  assert.equal(await messages.open('latest'), undefined)
  await add('1')
  assert.equal(await messages.open('x'), undefined)
  assert.equal(await messages.source('x'), undefined)
  await messages.remove(['x', ''])
  assert.equal((await messages.totals()).total, 1)
})

test('some are removed, or all, with their sources', async (t) => {
  const { store, messages, add } = await open(t)
  const [a, b] = [await add('a'), await add('b'), await add('c')]
  await messages.remove([a, b])
  assert.deepEqual(await subjects(messages), ['c'])
  await messages.remove()
  assert.deepEqual(await messages.totals(), { total: 0, unread: 0, bytes: 0 })
  assert.deepEqual(await store.read((tx) => tx.query('SELECT * FROM sources', [])), [])
})

test('the oldest go when there are more than the limit', async (t) => {
  const { store, messages, add } = await open(t, { messages: 3, bytes: 1_000_000 })
  for (let i = 1; i <= 7; i += 1) await add(String(i))
  assert.deepEqual(await subjects(messages), ['7', '6', '5'])
  assert.equal((await store.read((tx) => tx.query('SELECT * FROM sources', []))).length, 3)
})

test('the oldest go when all together are too large, and the newest stays in any case', async (t) => {
  const { messages, add } = await open(t, { messages: 100, bytes: 1000 })
  for (let i = 1; i <= 8; i += 1) await add(String(i))
  await add('large', 650)
  assert.deepEqual(await subjects(messages), ['large', '8', '7', '6'])
  await add('larger', 3000)
  assert.deepEqual(await subjects(messages), ['larger'])
})

test('a restart keeps them, and gives no id again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-messages-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'mailbox.db')
  const first = await open(t, undefined, path)
  const id = await first.add('kept')
  await first.store.close()
  const second = await open(t, undefined, path)
  assert.equal((await second.messages.open(id))?.message.Subject, 'kept')
  assert.notEqual(await second.add('next'), id)
  assert.deepEqual(await subjects(second.messages), ['next', 'kept'])
})
