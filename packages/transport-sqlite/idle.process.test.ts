/** A broker that has nothing to do does next to nothing. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteTransport } from './index.ts'

const group = { topic: 'film.rented', name: 'films', concurrency: 8, order: 'key' } as const

async function opened(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-idle-'))
  const transport = await openSqliteTransport(join(folder, 'broker.db'))
  t.after(async () => {
    await transport.close()
    rmSync(folder, { recursive: true })
  })
  await transport.ensure({ topics: [{ name: group.topic, partitions: 4 }], groups: [group] })
  return transport
}

/** Milliseconds of processor time in a second of waiting: of this process, and so whatever others do. */
async function idleCost(): Promise<number> {
  await sleep(500)
  const before = process.cpuUsage()
  await sleep(1000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

test('a subscription without messages costs next to nothing', { timeout: 20_000 }, async (t) => {
  const transport = await opened(t)
  await transport.subscribe(group, async () => {})
  const cost = await idleCost()
  assert.ok(cost < 25, `${cost} ms of a second`)
})

test('a subscription that was drained costs nothing any more', { timeout: 20_000 }, async (t) => {
  const transport = await opened(t)
  const subscription = await transport.subscribe(group, async () => {})
  await subscription.drain()
  const cost = await idleCost()
  assert.ok(cost < 25, `${cost} ms of a second`)
})
