/** A message that kills whoever handles it. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { openMember } from './member.fixture.ts'

interface Told {
  readonly effects: readonly string[]
  readonly dead: readonly string[]
}

const innocents = Array.from({ length: 30 }, (_, i) => `innocent-${i}`)

test('a message that kills its reader each time ends as a dead letter, and takes no other with it', {
  timeout: 120_000,
}, async () => {
  await using broker = await sharedRabbit()
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-rabbitmq-poison-'))
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(folder, { recursive: true }))
  const topic = `poison-${randomUUID()}`
  await using publisher = await openMember(broker.url)
  await publisher.transport.ensure({
    topics: [{ name: topic, partitions: 2 }],
    groups: [{ topic, name: 'readers', order: 'key', concurrency: 16 }],
  })
  await publisher.transport.publish(
    [...innocents.slice(0, 15), 'poison', ...innocents.slice(15)].map((word) => {
      return { id: word, topic, key: word, headers: {}, body: Buffer.from(JSON.stringify(word)) }
    }),
  )
  let last: Told | undefined
  let deaths = 0
  const isOver = () => last?.dead.includes('crash') && last.effects.length >= innocents.length
  while (!isOver()) {
    const child = fork(new URL('poison.fixture.ts', import.meta.url), [broker.url, topic, join(folder, 'reader.db')])
    child.on('message', (told: Told) => {
      last = told
      if (isOver()) child.kill('SIGTERM')
    })
    const [, signal] = await once(child, 'exit')
    if (signal === 'SIGKILL') deaths += 1
    assert.ok(deaths < 12, `it died ${deaths} times`)
  }
  assert.deepEqual(last?.effects.toSorted(), innocents.toSorted())
  assert.deepEqual(last?.dead, ['crash'])
})
