/** Codes are read from the mailbox in turn, and one that came late can be passed over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestMailbox } from '../../services/mailbox/mailbox.fixture.ts'
import { openMailbox } from './mailbox.ts'

const to = 'anna@example.org'

test('a code that was discarded is not the next one', async (t) => {
  const { origin, sender } = await openTestMailbox(t)
  const mailbox = openMailbox(origin)
  const send = (code: string) => sender.sendMail({ from: 'app@example.org', to, text: `Ваш код: ${code}` })
  await send('111111')
  await mailbox.discardCodes(to)
  await send('222222')
  assert.equal((await mailbox.nextCode(to)).code, '222222')
  await assert.rejects(
    mailbox.nextCode(to, 1),
    (error) => error instanceof Error && error.cause === undefined && /^no mail with a code/.test(error.message),
  )
})

test('when nobody could look, that is the cause', async () => {
  const mailbox = openMailbox('http://127.0.0.1:1')
  await assert.rejects(
    mailbox.nextCode(to, 30),
    (error) => error instanceof Error && error.cause instanceof Error && /could not be read/.test(error.message),
  )
})
