/** The mailer's handlers under the bus: how many run at once, and what an expired code comes to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeLifeMs, mailSendCode } from '@vestnik/contracts'
import { openTestBus, type TestBus } from '@vestnik/testing'
import { createHandlers } from './app.ts'
import { standardOptions as options, type Smtp } from './smtp.ts'

/** Handlers on a bus in memory, over a way out that does as the test says. */
async function bench(send: (bus: TestBus, ...all: Parameters<Smtp['send']>) => Promise<void>) {
  const smtp: Smtp = { send: (...all) => send(bus, ...all), health: () => ({ ready: true }), close: () => {} }
  const from = { address: 'films@example.org', name: '' }
  const handlers = createHandlers({ open: async (code) => code, smtp, from, options, now: () => bus.clock.now() })
  const bus: TestBus = await openTestBus({ handlers, publishes: [mailSendCode] })
  return { bus, handlers }
}

test('no more handlers run at once than there are sessions: a slow server makes no mail wait for one', async () => {
  const { bus, handlers } = await bench(async () => {})
  await using _ = bus
  const atOnce = handlers.map(({ contract: { groups } }) => groups.find(({ name }) => name === 'mail-group'))
  const all = atOnce.reduce((sum, group) => sum + (group?.concurrency ?? Number.NaN), 0)
  assert.ok(all <= options.connections, `${all} for ${options.connections} sessions`)
})

test('a code that expires on the way to the server is dead as expired; replayed by force it is not sent either', async () => {
  let tries = 0
  const { bus } = await bench(async (bus, _mail, check) => {
    tries += 1
    await bus.clock.sleep(2_000)
    check()
    assert.fail('it was sent')
  })
  await using _ = bus
  const notBefore = bus.clock.now() + codeLifeMs - 1_000
  const code = { email: 'anna@example.org', code: '123456' }
  await bus.store.transaction((tx) => bus.publish(tx, mailSendCode, code, { notBefore }))
  await bus.settled()
  const [letter] = await bus.operations.listDead()
  assert.equal(letter?.reason, 'expired')
  await bus.operations.replay(letter, { who: 'test', revision: letter.revision, force: true })
  await bus.settled()
  await bus.advance(1_000)
  const [again] = await bus.operations.listDead()
  assert.deepEqual([again?.reason, again?.attempts, tries], ['permanent error', 1, 1])
})
