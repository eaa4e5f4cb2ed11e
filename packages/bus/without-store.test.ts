import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryTransport } from '@vestnik/testing'
import { permanent } from './errors.ts'
import { noteContract } from './test/by-hand.ts'
import { handleWithoutInbox, publishWithoutOutbox } from './without-store.ts'

const quick = { retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 1 } }

test('without a store a message is tried again in memory until it succeeds', async () => {
  await using edge = openEdge()
  const contract = noteContract(quick)
  let attempts = 0
  const handled = new Promise<number>((resolve) => {
    void handleWithoutInbox(edge, contract, 'reader', ({ n }) => {
      attempts += 1
      if (attempts < 3) throw new Error('not yet')
      resolve(n)
    })
  })
  await publishWithoutOutbox(edge, contract, { n: 7 })
  assert.equal(await handled, 7)
})

test('without a store a dead letter goes to a topic of its own, with its reason', async () => {
  await using edge = openEdge()
  const contract = noteContract(quick)
  await handleWithoutInbox(edge, contract, 'reader', () => {
    throw permanent('never')
  })
  const letter = new Promise<Readonly<Record<string, string>>>((resolve) => {
    void edge.transport.subscribe(
      { topic: 'note.written.reader.dead', name: 'dead', concurrency: 1, order: 'none' },
      async ({ headers, body }) => resolve({ ...headers, body: new TextDecoder().decode(body) }),
    )
  })
  await publishWithoutOutbox(edge, contract, { n: 7 })
  const { body, ...headers } = await letter
  assert.equal(body, '{"n":7}')
  assert.equal(headers['vestnik-reason'], 'permanent error')
  assert.match(headers['vestnik-error'] ?? '', /never/)
})

test('a payload that does not fit never reaches the broker', async () => {
  await using edge = openEdge()
  await assert.rejects(publishWithoutOutbox(edge, noteContract(), { n: 0.5 }), { code: 'INVALID_PAYLOAD' })
})

test('a group that the contract does not name is refused', async () => {
  await using edge = openEdge()
  await assert.rejects(
    handleWithoutInbox(edge, noteContract(), 'stranger' as 'reader', () => {}),
    { code: 'BAD_OPTION' },
  )
})

function openEdge() {
  const transport = memoryTransport()
  return { service: 'edge', transport, [Symbol.asyncDispose]: () => transport.close() }
}
