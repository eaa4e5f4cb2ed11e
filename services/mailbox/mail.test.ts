/** A mail as Mailpit tells it, whatever it looks like. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMail } from './mail.ts'

const receivedAt = Date.UTC(2026, 10, 22, 9, 30)
const envelope = { from: 'sender@example.com', to: ['anna@example.com'], username: '' }

const read = (raw: string | Uint8Array, changes: object = {}) =>
  readMail({ id: 'x', receivedAt, envelope: { ...envelope, ...changes }, raw: Buffer.from(raw) })

const mailOf = (...lines: readonly string[]): string => lines.join('\r\n')

test('it is told with the names and shapes of Mailpit', async () => {
  const raw = mailOf(
    'From: =?UTF-8?B?0JLQtdGB0YLQvdC40Lo=?= <noreply@example.com>',
    'To: "Anna, the first" <anna@example.com>',
    'Cc: b@example.com',
    'Reply-To: help@example.com',
    'Subject: =?UTF-8?Q?=D0=9A=D0=BE=D0=B4?=',
    'Message-ID: <1@example.com>',
    'Date: Sun, 22 Nov 2026 12:00:00 +0300',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Ваш код: 123456',
    '',
  )
  const { summary, message } = await read(raw, { username: 'mailer' })
  const head = {
    ID: 'x',
    MessageID: '1@example.com',
    From: { Name: 'Вестник', Address: 'noreply@example.com' },
    To: [{ Name: 'Anna, the first', Address: 'anna@example.com' }],
    Cc: [{ Name: '', Address: 'b@example.com' }],
    Bcc: [],
    ReplyTo: [{ Name: '', Address: 'help@example.com' }],
    Subject: 'Код',
    Username: 'mailer',
    Tags: [],
    Size: Buffer.byteLength(raw),
  }
  const Created = '2026-11-22T09:30:00.000Z'
  assert.deepEqual(summary, { ...head, Created, Attachments: 0, Snippet: 'Ваш код: 123456' })
  const { Text, HTML, ...rest } = message
  assert.equal(Text.trimEnd(), 'Ваш код: 123456')
  assert.equal(HTML, '')
  assert.deepEqual(rest, {
    ...head,
    ReturnPath: 'sender@example.com',
    Date: '2026-11-22T09:00:00.000Z',
    Inline: [],
    Attachments: [],
    ListUnsubscribe: { Header: '', Links: [], Errors: '', HeaderPost: '' },
  })
})

test('who got it without being named is in Bcc', async () => {
  const to = ['Anna@Example.com', 'hidden@example.com']
  const { message } = await read(mailOf('To: anna@example.com', '', 'x'), { to })
  assert.deepEqual(message.Bcc, [{ Name: '', Address: 'hidden@example.com' }])
})

test('a mail without headers is told by its envelope', async () => {
  const { summary, message } = await read('\r\n')
  assert.deepEqual(summary.From, { Name: '', Address: 'sender@example.com' })
  assert.deepEqual(message.Bcc, [{ Name: '', Address: 'anna@example.com' }])
  assert.deepEqual([message.Subject, message.Text, message.Date], ['', '', summary.Created])
})

test('one that has only HTML has a text of it', async () => {
  const { summary, message } = await read(mailOf('Content-Type: text/html; charset=utf-8', '', 'Код: <b>123456</b>'))
  assert.equal(message.Text, 'Код: 123456')
  assert.equal(summary.Snippet, 'Код: 123456')
})

test('attachments and inline images are told apart, with their bytes', async () => {
  const base64 = 'Content-Transfer-Encoding: base64'
  const part = (...lines: readonly string[]) => ['--b', ...lines]
  const raw = mailOf(
    'Content-Type: multipart/related; boundary=b',
    '',
    ...part('Content-Type: text/html', '', '<img src="cid:logo">'),
    ...part('Content-Type: image/png', 'Content-ID: <logo>', 'Content-Disposition: inline', base64, '', 'cG5n'),
    ...part('Content-Type: application/pdf; name="a b.pdf"', 'Content-Disposition: attachment', base64, '', 'cGRmIQ=='),
    '--b--',
  )
  const { summary, message, parts } = await read(raw)
  assert.equal(summary.Attachments, 1)
  assert.deepEqual(message.Inline, [
    { PartID: '1', FileName: '', ContentType: 'image/png', ContentID: 'logo', Size: 3 },
  ])
  assert.deepEqual(message.Attachments, [
    { PartID: '2', FileName: 'a b.pdf', ContentType: 'application/pdf', ContentID: '', Size: 4 },
  ])
  assert.equal(Buffer.from(parts[1]?.content ?? []).toString(), 'pdf!')
})

test('the members of a group are told one by one', async () => {
  const { message } = await read(mailOf('To: Team: a@example.com, B <b@example.com>;', '', ''))
  assert.deepEqual(message.To, [
    { Name: '', Address: 'a@example.com' },
    { Name: 'B', Address: 'b@example.com' },
  ])
})

test('ways to unsubscribe are told', async () => {
  const header = '<https://example.com/u>, <mailto:u@example.com>'
  const { message } = await read(mailOf(`List-Unsubscribe: ${header}`, '', ''))
  assert.deepEqual(message.ListUnsubscribe.Links, ['https://example.com/u', 'mailto:u@example.com'])
})

const odd: Readonly<Record<string, string | Uint8Array>> = {
  'nothing at all': '',
  'bytes that are no text': Uint8Array.from({ length: 2000 }, (_, i) => (i * 37) % 256),
  'a subject of raw UTF-8': 'Subject: Ваш код\r\n\r\nx',
  'headers without an end': 'Subject: a\r\nTo: b',
  'line ends of one character': 'Subject: a\n\nbody\n',
  'a line without a colon': 'Subject: a\r\nrubbish\r\n\r\nx',
  'an encoded word that is broken': 'Subject: =?utf-8?B?!!!?= =?x-none?Q?=FF?=\r\n\r\nx',
  'an encoded line end': 'Subject: =?utf-8?Q?a=0D=0ABcc:_x=40example.com?=\r\n\r\nx',
  'the same header many times': `${'To: a@example.com\r\n'.repeat(500)}\r\nx`,
  'a header of 100 kB': `Subject: ${'x'.repeat(100_000)}\r\n\r\nx`,
  'headers of 4 MB': `${`X-Much: ${'y'.repeat(900)}\r\n`.repeat(4500)}\r\nx`,
  'a date that is none': 'Date: yesterday, at noon\r\n\r\nx',
  'addresses that are none': 'To: @@, <>, "unclosed <a@b\r\nFrom: <\r\n\r\nx',
  'an unknown charset': 'Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe',
  'base64 that is none': 'Content-Transfer-Encoding: base64\r\n\r\n***not base64***',
  'a multipart without parts': 'Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing',
  'parts within parts': nested(300),
  '__proto__ as a header': '__proto__: x\r\nconstructor: y\r\n\r\nx',
}

function nested(depth: number): string {
  let raw = ''
  for (let i = 0; i < depth; i += 1) raw += `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`
  return raw
}

for (const [what, raw] of Object.entries(odd)) {
  test(`${what} can be read`, async () => {
    const { summary, message } = await read(raw)
    assert.equal(message.Size, Buffer.from(raw).length)
    assert.deepEqual(JSON.parse(JSON.stringify(summary)), summary)
    for (const { Name, Address } of [summary.From, ...summary.To, ...summary.Bcc]) {
      assert.equal(typeof Name, 'string')
      assert.equal(typeof Address, 'string')
    }
    assert.equal(
      message.Bcc.every(({ Address }) => Address === 'anna@example.com'),
      true,
    )
  })
}
