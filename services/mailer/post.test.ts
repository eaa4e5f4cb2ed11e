/** What the bus is told of each outcome: tried again, buried, or counted as uncertain; and never the code. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus'
import { codeLifeMs } from '@vestnik/contracts'
import { sendCode } from './handlers/send-code.ts'
import type { Mail } from './mail.ts'
import { MailError } from './mail-error.ts'
import { createPost } from './post.ts'
import type { Smtp } from './smtp.ts'

const time = 1_790_000_000_000
const payload = { email: 'anna@example.org', code: '123456' }

/** The handler over a way out that does as the test says. */
function bench(send: Smtp['send'], now = time) {
  const clock = { now }
  const smtp: Smtp = { send, health: () => ({ ready: true }), close: () => {} }
  const post = createPost({ from: { address: 'films@example.org', name: '' }, smtp, now: () => clock.now })
  const { act } = sendCode(async (code) => code, post, 60_000)
  const message = {
    id: '1',
    topic: 'mail.sendCode',
    group: 'mail-group',
    source: 'users',
    key: undefined,
    time,
    attempt: 1,
  }
  const claim = new AbortController()
  return { clock, claim, act: async () => act(payload, { idempotencyKey: 'k', signal: claim.signal, message }) }
}

const failing = (error: Error) => async () => {
  throw error
}

test('each outcome has its error, and none shows the code', async () => {
  const outcomes = [
    ['refused', 'PERMANENT'],
    ['uncertain', 'UNCERTAIN'],
  ] as const
  for (const [outcome, code] of outcomes) {
    const { act } = bench(failing(new MailError(outcome, 'the server answered 550 spam: 123456')))
    await assert.rejects(act(), (error) => hasCode(error, code) && error.message.endsWith('550 spam: ******'))
  }
  const { act } = bench(failing(new MailError('not sent', 'the server answered 451 spam: 123456')))
  await assert.rejects(act(), (error) => error instanceof MailError && error.message.endsWith('451 spam: ******'))
})

test('an expired code is not sent, and is not tried again', async () => {
  const { act } = bench(async () => assert.fail('it was sent'), time + codeLifeMs)
  await assert.rejects(act(), (error) => hasCode(error, 'PERMANENT') && /expired/.test(error.message))
})

test('a code that expires while the server makes up its mind is not sent', async () => {
  const mails: Mail[] = []
  const { act, clock } = bench(
    async (mail, check) => {
      clock.now = time + codeLifeMs
      check()
      mails.push(mail)
    },
    time + codeLifeMs - 1,
  )
  await assert.rejects(act(), /expired/)
  assert.deepEqual(mails, [])
})

test('nothing is sent after the end of the claim', async () => {
  const { act, claim } = bench(async (_mail, check) => {
    claim.abort()
    check()
    assert.fail('it was sent')
  })
  await assert.rejects(act(), /its claim ended/)
})
