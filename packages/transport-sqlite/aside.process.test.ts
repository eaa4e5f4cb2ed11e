/** A slow message holds back its own key and nothing else: neither other keys, nor the clean-up, nor memory. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Incoming, Outgoing, Transport } from '@vestnik/bus/transport'
import { openSqliteTransport } from './index.ts'

const group = { topic: 'film.rented', name: 'films', concurrency: 8, order: 'key' } as const
const topology = { topics: [{ name: group.topic, partitions: 4 }], groups: [group] }
const leaseMs = 300

interface Bench {
  readonly path: string
  open(): Promise<Transport>
  publish(ids: readonly string[], bytes?: number): Promise<void>
  count(table: 'log_1' | 'aside'): number
}

async function benchFor(t: TestContext): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-aside-'))
  const path = join(folder, 'broker.db')
  const opened: Transport[] = []
  const open = async () => {
    const transport = await openSqliteTransport(path, { leaseMs })
    opened.push(transport)
    await transport.ensure(topology)
    return transport
  }
  const publisher = await open()
  const looker = new DatabaseSync(path, { timeout: 1000 })
  t.after(async () => {
    looker.close()
    for (const transport of opened) await transport.close()
    rmSync(folder, { recursive: true })
  })
  return {
    path,
    open,
    async publish(ids, bytes = 200) {
      for (let from = 0; from < ids.length; from += 1000)
        await publisher.publish(ids.slice(from, from + 1000).map((id) => message(id, bytes)))
    },
    count: (table) => Number(looker.prepare(`select count(*) as count from ${table}`).get()?.count),
  }
}

const message = (id: string, bytes: number): Outgoing => ({
  id,
  topic: group.topic,
  key: id.slice(0, 1),
  headers: {},
  body: new Uint8Array(bytes),
})

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !holds(); await sleep(10)) assert.ok(Date.now() < deadline, what)
}

/** A handler that keeps the message a0 until it is let go, and what it has seen. */
function handler() {
  const letGo = Promise.withResolvers<void>()
  const ended: string[] = []
  const redelivered: string[] = []
  let running = 0
  return {
    letGo: letGo.resolve,
    ended,
    redelivered,
    ofKey: (key: string) => ended.filter((id) => id.startsWith(key)),
    running: () => running,
    async deliver(incoming: Incoming, signal: AbortSignal) {
      running += 1
      if (incoming.redelivered) redelivered.push(incoming.id)
      if (incoming.id === 'a0') await letGo.promise
      running -= 1
      if (!signal.aborted) ended.push(incoming.id)
    },
  }
}

const series = (key: string, count: number, first = 0) => Array.from({ length: count }, (_, i) => `${key}${first + i}`)
/** Messages of a key between messages of others. */
const mixed = series('a', 12_000, 1).flatMap((id, i) => (i % 4 === 0 ? [id, `b${i / 4}`] : [id]))

test('thousands that wait behind a slow message go aside, and follow it in order', { timeout: 120_000 }, async (t) => {
  const bench = await benchFor(t)
  const seen = handler()
  await (await bench.open()).subscribe(group, seen.deliver)
  await bench.publish(['a0'])
  await until('a0 runs', () => seen.running() === 1)
  await bench.publish(mixed)
  await until('the other key is done', () => seen.ofKey('b').length === 3000)
  assert.deepEqual(seen.ofKey('b'), series('b', 3000))
  assert.deepEqual(seen.ofKey('a'), [])
  await until('the log is cleaned up', () => bench.count('log_1') < 3000)
  assert.ok(bench.count('aside') > 9000)
  seen.letGo()
  await bench.publish(series('a', 500, 12_001))
  await until('all are done', () => seen.ended.length === 12_501 + 3000)
  assert.deepEqual(seen.ofKey('a'), series('a', 12_501))
  assert.deepEqual(seen.redelivered, [])
  await until('nothing is left', () => bench.count('aside') + bench.count('log_1') === 0)
})

test('what lies aside comes to the next member, in order, and only what ran is called redelivered', {
  timeout: 120_000,
}, async (t) => {
  const bench = await benchFor(t)
  const first = handler()
  const leaving = await bench.open()
  await leaving.subscribe(group, first.deliver)
  await bench.publish(['a0'])
  await until('a0 runs', () => first.running() === 1)
  await bench.publish(mixed)
  await until('the other key is done', () => first.ofKey('b').length === 3000)
  await leaving.close()
  const second = handler()
  second.letGo()
  await (await bench.open()).subscribe(group, second.deliver)
  await bench.publish(series('a', 500, 12_001))
  await until('all are done', () => second.ofKey('a').length === 12_501)
  assert.deepEqual(second.ofKey('a'), series('a', 12_501))
  assert.deepEqual(
    second.redelivered.filter((id) => id.startsWith('a')),
    ['a0'],
  )
  await until('nothing is left', () => bench.count('aside') + bench.count('log_1') === 0)
})

test('a few large ones that wait behind a slow message hold up no other key either', { timeout: 60_000 }, async (t) => {
  const bench = await benchFor(t)
  const seen = handler()
  await (await bench.open()).subscribe(group, seen.deliver)
  await bench.publish(['a0', ...series('a', 40, 1)], 1_000_000)
  await bench.publish(series('b', 10))
  await until('the other key is done', () => seen.ofKey('b').length === 10)
  seen.letGo()
  await until('all are done', () => seen.ofKey('a').length === 41)
  assert.deepEqual(seen.ofKey('a'), series('a', 41))
})

test('the file stays small while hundreds of thousands of messages pass', { timeout: 120_000 }, async (t) => {
  const bench = await benchFor(t)
  const seen = handler()
  seen.letGo()
  let ended = 0
  await (await bench.open()).subscribe(group, async () => {
    ended += 1
  })
  let most = 0
  for (let round = 1; round <= 100; round += 1) {
    await bench.publish(series('m', 2000))
    await until('they are read', () => ended >= round * 2000 - 4000)
    most = Math.max(most, statSync(bench.path).size + statSync(`${bench.path}-wal`).size)
  }
  assert.ok(most < 24 * 1024 * 1024, `the file grew to ${Math.round(most / 1024)} KiB`)
})

test('the space of a backlog is given back when it is read', { timeout: 120_000 }, async (t) => {
  const bench = await benchFor(t)
  await bench.publish(series('m', 60_000))
  let ended = 0
  await (await bench.open()).subscribe({ ...group, order: 'key' }, async () => {
    ended += 1
  })
  await until('it is read', () => ended === 60_000)
  await until('the file is small again', () => statSync(bench.path).size < 10 * 1024 * 1024)
})
