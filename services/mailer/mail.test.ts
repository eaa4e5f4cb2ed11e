/** What the bytes of a mail are made of: nothing by lot, nothing from outside, and exactly one recipient. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus'
import PostalMime from 'postal-mime'
import { codeLetter, noticeLetter } from './domain/letters.ts'
import { composeMail, type Posting } from './mail.ts'

const posting: Posting = {
  from: { address: 'films@example.org', name: 'Фильмы' },
  to: 'anna@example.org',
  letter: codeLetter('012345'),
  idempotencyKey: 'mail.sendCode/mail-group/users/id-1',
  time: 1_790_000_000_000,
}

const read = async (change: Partial<Posting>) => PostalMime.parse((await composeMail({ ...posting, ...change })).bytes)

test('the same posting is the same bytes, at any time', async () => {
  const [one, other] = [await composeMail(posting), await composeMail({ ...posting })]
  assert.deepEqual(one, other)
})

test('another message, or an edited one, is another mail', async () => {
  const ids = await Promise.all(
    ['a/b/c/1', 'a/b/c/2', 'a/b/c/1/edit-1'].map(async (idempotencyKey) => (await read({ idempotencyKey })).messageId),
  )
  assert.equal(new Set(ids).size, 3)
})

test('notices say in Russian what happened, as text and as HTML', async () => {
  for (const kind of ['password-changed', 'address-taken'] as const) {
    const mail = await read({ letter: noticeLetter(kind) })
    assert.match(mail.subject ?? '', /^[А-Яа-яё ]+$/)
    assert.ok((mail.text ?? '').length > 50)
    assert.match(mail.html ?? '', /^<p>.+<\/p>\n<p>.+<\/p>\s*$/)
  }
})

const hostile = [
  'anna@example.org,boris@example.org',
  'anna@example.org, boris@example.org',
  'anna@example.org;boris@example.org',
  'anna@example.org boris@example.org',
  'anna@example.org\r\nBcc: boris@example.org',
  'anna@example.org\nBcc: boris@example.org',
  'anna@example.org\rBcc: boris@example.org',
  'anna@example.org>\r\nRCPT TO:<boris@example.org',
  '<anna@example.org>,<boris@example.org>',
  'Anna <anna@example.org>',
  'friends: anna@example.org, boris@example.org;',
  '"anna@example.org"@evil.example',
  'anna@example.org\0',
  'anna@example.org\u2028Bcc: boris@example.org',
  '=?utf-8?q?anna=40example=2Eorg=0D=0ABcc=3Ab=40x=2Eorg?=',
  'anna@example.org(comment)',
  '@relay.example:anna@example.org',
  'anna%example.com@example.org\r\n',
  'anna@[127.0.0.1]',
  '',
  'a'.repeat(10_000),
]
for (const to of hostile) {
  test(`nothing is made for ${JSON.stringify(to.slice(0, 60))}`, async () => {
    await assert.rejects(
      composeMail({ ...posting, to }),
      (error) => hasCode(error, 'PERMANENT') && !/012345/.test(error.message),
    )
  })
}

test('a strange but single address stands alone in its header', async () => {
  for (const to of ["o'neil+films@example.org", '!#$%&*/=?^_`{|}~-@example.org', 'Anna@example.org']) {
    const mail = await composeMail({ ...posting, to })
    assert.equal(mail.to, to)
    const { to: parsed, cc, bcc } = await PostalMime.parse(mail.bytes)
    assert.deepEqual([parsed, cc ?? [], bcc ?? []], [[{ address: to, name: '' }], [], []])
  }
})

test('a name of the sender is only a name', async () => {
  for (const name of [
    'Boris <b@evil.example>',
    'a", <b@evil.example>',
    'Ваши: "фильмы", все; и <сразу>',
    'x'.repeat(400),
  ]) {
    const { from } = await read({ from: { address: 'films@example.org', name } })
    assert.equal(from?.address, 'films@example.org')
    assert.equal(from?.name, name)
  }
})
