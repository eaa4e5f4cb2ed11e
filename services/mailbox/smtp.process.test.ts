/** The mailbox's SMTP, spoken to by nodemailer and by hand: mail comes in by STARTTLS only, whole, and stays out of the log. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { createTransport } from 'nodemailer'
import { codeMail, openTestMailbox, type TestMailbox, trusting } from './mailbox.fixture.ts'

const from = 'sender@example.com'
const to = 'anna@example.com'

async function subjects({ messages }: TestMailbox): Promise<string[]> {
  return (await messages.list(0, 10_000)).messages.map(({ Subject }) => Subject)
}

async function latest({ messages }: TestMailbox) {
  const mail = await messages.open('latest')
  assert.ok(mail)
  return mail.message
}

test('the mail of the services arrives as it was sent', async (t) => {
  const mailbox = await openTestMailbox(t)
  await mailbox.sender.sendMail(codeMail(to, '123456'))
  const { Subject, Text, HTML, From, To } = await latest(mailbox)
  assert.equal(Subject, 'Ваш одноразовый код')
  assert.equal(Text, 'Ваш код: 123456')
  assert.equal(HTML, 'Ваш код: <b>123456</b>')
  assert.deepEqual(From, { Name: 'Вестник', Address: 'noreply@vestnik.example' })
  assert.deepEqual(To, [{ Name: '', Address: to }])
})

test('without STARTTLS no mail is taken', async (t) => {
  const mailbox = await openTestMailbox(t)
  const plain = createTransport({ host: '127.0.0.1', port: mailbox.smtpPort, ignoreTLS: true })
  await assert.rejects(plain.sendMail(codeMail(to, '123456')), { responseCode: 530 })
  assert.deepEqual(await subjects(mailbox), [])
})

test('a mailer that does not trust the certificate, or expects another name, sends nothing', async (t) => {
  const mailbox = await openTestMailbox(t)
  const strange = createTransport({ ...trusting(mailbox.certificate), port: mailbox.smtpPort, tls: {} })
  await assert.rejects(strange.sendMail(codeMail(to, '123456')), /self-signed certificate/)
  const misled = createTransport({
    ...trusting(mailbox.certificate),
    port: mailbox.smtpPort,
    tls: { ca: mailbox.certificate.cert, servername: 'mail.example.com' },
  })
  await assert.rejects(misled.sendMail(codeMail(to, '123456')), /does not match certificate/)
  assert.deepEqual(await subjects(mailbox), [])
})

test('TLS older than 1.2 is refused', async (t) => {
  const mailbox = await openTestMailbox(t)
  const tls = {
    ca: mailbox.certificate.cert,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  } as const
  const old = createTransport({ ...trusting(mailbox.certificate), port: mailbox.smtpPort, tls })
  await assert.rejects(old.sendMail(codeMail(to, '123456')))
  assert.deepEqual(await subjects(mailbox), [])
})

for (const method of ['PLAIN', 'LOGIN', 'CRAM-MD5']) {
  test(`anybody may sign in by ${method}, and it is told who`, async (t) => {
    const mailbox = await openTestMailbox(t)
    const auth = { user: 'vestnik', pass: 'anything' }
    const sender = createTransport({
      ...trusting(mailbox.certificate),
      port: mailbox.smtpPort,
      auth,
      authMethod: method,
    })
    t.after(() => sender.close())
    await sender.sendMail(codeMail(to, '123456'))
    assert.equal((await latest(mailbox)).Username, 'vestnik')
    assert.doesNotMatch(mailbox.logged.join(''), /anything/)
  })
}

test('nobody may sign in before STARTTLS', async (t) => {
  const { smtpPort } = await openTestMailbox(t)
  const talk = await speak(t, smtpPort)
  await talk.ask('EHLO x', /250 /)
  await talk.ask(`AUTH PLAIN ${Buffer.from('\0user\0password').toString('base64')}`, /^538 /m)
})

test('many mails over few connections all arrive, each once', async (t) => {
  const mailbox = await openTestMailbox(t)
  const sent = Array.from({ length: 300 }, (_, i) => `mail ${i}`)
  await Promise.all(sent.map((subject) => mailbox.sender.sendMail({ from, to, subject, text: subject })))
  assert.deepEqual((await subjects(mailbox)).sort(), sent.sort())
})

test('subjects and names in any script, and characters that a header must hide, come as they were', async (t) => {
  const mailbox = await openTestMailbox(t)
  const names = [
    'Ёжик в тумане',
    '霧の中のハリネズミ',
    '🎬 кино',
    'a "quoted" \\ name',
    '<b>bold</b>',
    `${'длинное '.repeat(60)}конец`,
  ]
  for (const name of names) {
    await mailbox.sender.sendMail({ from: { name, address: from }, to, subject: name, text: name })
    const { Subject, From, Text } = await latest(mailbox)
    assert.deepEqual([Subject, From.Name, Text.trimEnd()], [name, name, name])
  }
})

test('lines that begin with a dot, and bytes without a line end, come as they were', async (t) => {
  const mailbox = await openTestMailbox(t)
  for (const text of ['.', '..\r\n.x\r\n...', 'no end', 'a\r\n\r\n']) {
    const raw = `Subject: dots\r\n\r\n${text}`
    await mailbox.sender.sendMail({ envelope: { from, to }, raw })
    const source = Buffer.from((await mailbox.messages.source('latest')) ?? []).toString()
    assert.equal(source.trimEnd(), raw.trimEnd())
  }
})

test('who is named in the envelope only is told in Bcc', async (t) => {
  const mailbox = await openTestMailbox(t)
  await mailbox.sender.sendMail({ from, to, bcc: 'hidden@example.com', subject: 'x', text: 'x' })
  assert.deepEqual((await latest(mailbox)).Bcc, [{ Name: '', Address: 'hidden@example.com' }])
})

test('a big mail arrives whole, and one above the limit is refused and not kept', async (t) => {
  const mailbox = await openTestMailbox(t, { maxSize: 3_000_000 })
  const attachments = (size: number) => [{ filename: 'film.bin', content: Buffer.alloc(size, 7) }]
  await mailbox.sender.sendMail({ from, to, subject: 'fits', text: 'x', attachments: attachments(2_000_000) })
  assert.equal((await latest(mailbox)).Attachments[0]?.Size, 2_000_000)
  const above = { from, to, subject: 'too large', text: 'x', attachments: attachments(4_000_000) }
  await assert.rejects(mailbox.sender.sendMail(above), { responseCode: 552 })
  await mailbox.sender.sendMail({ from, to, subject: 'next', text: 'x' })
  assert.deepEqual(await subjects(mailbox), ['next', 'fits'])
})

test('one that is announced as too large is refused before it is sent', async (t) => {
  const { smtpPort, certificate } = await openTestMailbox(t, { maxSize: 1000 })
  const talk = await speakTls(t, smtpPort, certificate.cert)
  await talk.ask(`MAIL FROM:<${from}> SIZE=100000`, /^552 /m)
})

test('a mail whose connection breaks before its end is not kept', async (t) => {
  const mailbox = await openTestMailbox(t)
  const talk = await speakTls(t, mailbox.smtpPort, mailbox.certificate.cert)
  await talk.ask(`MAIL FROM:<${from}>`, /^250 /m)
  await talk.ask(`RCPT TO:<${to}>`, /^250 /m)
  await talk.ask('DATA', /^354 /m)
  talk.socket.write('Subject: half\r\n\r\nYour code: 654321\r\n')
  talk.socket.destroy()
  await mailbox.sender.sendMail({ from, to, subject: 'whole', text: 'x' })
  assert.deepEqual(await subjects(mailbox), ['whole'])
})

test('what is said in plain text before STARTTLS counts for nothing after it', async (t) => {
  const mailbox = await openTestMailbox(t)
  const talk = await speak(t, mailbox.smtpPort)
  await talk.ask('EHLO x', /250 /)
  // All in one packet: a server that kept the rest would take it for part of the safe session.
  const rest = `MAIL FROM:<evil@example.com>\r\nRCPT TO:<${to}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n`
  talk.socket.write(`STARTTLS\r\n${rest}`)
  const secure = connectTls({ socket: talk.socket, ca: mailbox.certificate.cert, servername: 'localhost' })
  t.after(() => secure.destroy())
  secure.on('error', () => {})
  await new Promise((resolve) => secure.once('secureConnect', resolve).once('close', resolve))
  await mailbox.sender.sendMail({ from, to, subject: 'honest', text: 'x' })
  assert.deepEqual(await subjects(mailbox), ['honest'])
})

for (const end of ['\n.\n', '\n.\r\n', '\r.\r', '\r\n.\r', '\r\n.\n']) {
  test(`${JSON.stringify(end)} does not end a mail, so nothing can be smuggled behind it`, async (t) => {
    const mailbox = await openTestMailbox(t)
    const talk = await speakTls(t, mailbox.smtpPort, mailbox.certificate.cert)
    await talk.ask(`MAIL FROM:<${from}>`, /^250 /m)
    await talk.ask(`RCPT TO:<${to}>`, /^250 /m)
    await talk.ask('DATA', /^354 /m)
    const second = `MAIL FROM:<evil@example.com>\r\nRCPT TO:<${to}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx`
    await talk.ask(`Subject: one\r\n\r\nbody${end}${second}\r\n.`, /^250 kept as/m)
    assert.deepEqual(await subjects(mailbox), ['one'])
  })
}

test('commands that are none, too long or too many leave the server as it was', async (t) => {
  const mailbox = await openTestMailbox(t)
  for (const rubbish of ['\0'.repeat(100), 'A'.repeat(100_000), 'MAIL FROM:<a\0b@c>', 'GET / HTTP/1.1', '\xff\xfe']) {
    const talk = await speak(t, mailbox.smtpPort)
    talk.socket.write(`${rubbish}\r\n`)
    await talk.until(/^[45]\d\d /m)
    talk.socket.destroy()
  }
  await mailbox.sender.sendMail({ from, to, subject: 'still here', text: 'x' })
  assert.deepEqual(await subjects(mailbox), ['still here'])
})

test('no line of the log has anything of a mail', async (t) => {
  const mailbox = await openTestMailbox(t)
  await mailbox.sender.sendMail(codeMail('secret-address@example.com', '987654'))
  await mailbox.http.inject('/api/v1/message/latest')
  const other = await mailboxCertificate(`${mailbox.certificate.keyFile}-other`)
  const strange = createTransport({ ...trusting(other), port: mailbox.smtpPort })
  await assert.rejects(strange.sendMail(codeMail('secret-address@example.com', '987654')))
  assert.doesNotMatch(mailbox.logged.join(''), /987654|secret-address|одноразовый/)
})

interface Talk {
  readonly socket: Socket
  /** Sends a line and resolves with what was answered since, when that matches. */
  ask(line: string, answer: RegExp): Promise<string>
  until(answer: RegExp): Promise<string>
}

async function speak(t: TestContext, port: number): Promise<Talk> {
  const talk = talkOn(t, connect(port, '127.0.0.1'))
  await talk.until(/^220 /m)
  return talk
}

async function speakTls(t: TestContext, port: number, ca: string): Promise<Talk> {
  const plain = await speak(t, port)
  await plain.ask('EHLO x', /^250 /m)
  await plain.ask('STARTTLS', /^220 /m)
  plain.socket.removeAllListeners('data')
  const talk = talkOn(t, connectTls({ socket: plain.socket, ca, servername: 'localhost' }))
  await talk.ask('EHLO x', /^250 /m)
  return talk
}

function talkOn(t: TestContext, socket: Socket): Talk {
  let heard = ''
  let told = Promise.withResolvers<void>()
  const tell = (): void => {
    told.resolve()
    told = Promise.withResolvers()
  }
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  socket.on('close', tell)
  socket.on('data', (bytes) => {
    heard += String(bytes)
    tell()
  })
  const until = async (answer: RegExp): Promise<string> => {
    while (!answer.test(heard)) {
      if (socket.closed) assert.fail(`closed after ${JSON.stringify(heard)}, waiting for ${answer}`)
      await told.promise
    }
    return heard
  }
  return {
    socket,
    until,
    async ask(line, answer) {
      heard = ''
      socket.write(`${line}\r\n`)
      return await until(answer)
    },
  }
}
