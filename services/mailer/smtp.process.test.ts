/** Mail and a real server: what is sent, by which TLS, what each answer means, and that a session is used again. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import PostalMime from 'postal-mime'
import { makeCertificate } from './certificates.fixture.ts'
import { fails, makeMail, openSmtp, pass, send } from './mailer.fixture.ts'
import { startMiddle } from './middle.fixture.ts'
import type { SmtpOptions } from './smtp.ts'
import { answer, startServer, type TestServerOptions } from './smtp-server.fixture.ts'

async function bench(t: TestContext, serverOptions: TestServerOptions = {}, options: Partial<SmtpOptions> = {}) {
  const server = await startServer(t, serverOptions)
  return { server, smtp: openSmtp(t, { port: server.port, trust: server.certificate.cert, options }) }
}

const signIn = { user: 'films@example.org', pass }

test('a code leaves as one mail of the form that existing senders use', async (t) => {
  const { server, smtp } = await bench(t)
  await send(smtp, await makeMail())
  const [mail] = server.mails
  assert.ok(mail?.secure && server.mails.length === 1)
  assert.deepEqual([mail.from, mail.to], ['films@example.org', ['anna@example.org']])
  const read = await PostalMime.parse(mail.bytes)
  assert.equal(read.subject, 'Ваш одноразовый код')
  assert.equal(read.text?.trim(), 'Ваш код: 123456')
  assert.equal(read.html?.trim(), 'Ваш код: <b>123456</b>')
  assert.deepEqual(read.from, { address: 'films@example.org', name: 'Фильмы' })
  assert.deepEqual(read.to, [{ address: 'anna@example.org', name: '' }])
  assert.equal(read.date, new Date(1_790_000_000_000).toISOString())
  assert.match(read.messageId ?? '', /^<[0-9a-f]{40}@example\.org>$/)
  assert.deepEqual(read.attachments, [])
})

test('the password goes to a server that showed a good certificate, and to no other', async (t) => {
  const seen: unknown[] = []
  const server = await startServer(t, {
    authOptional: false,
    onAuth({ username, password }, _session, done) {
      seen.push(username, password)
      done(null, { user: username ?? '' })
    },
  })
  const other = await makeCertificate()
  const way = { port: server.port, server: { auth: signIn } }
  await assert.rejects(
    send(openSmtp(t, { ...way, trust: other.cert }), await makeMail()),
    fails('not sent', /certificate/),
  )
  assert.deepEqual([seen, server.mails], [[], []])
  await send(openSmtp(t, { ...way, trust: server.certificate.cert }), await makeMail())
  assert.deepEqual(seen, [signIn.user, pass])
})

test('where STARTTLS is stripped or refused, nothing is sent: no mail, no name, no password', async (t) => {
  const server = await startServer(t)
  const asked = /STARTTLS\r\n$/
  const strips = [
    (chunk: Buffer, seen: string) =>
      asked.test(seen) ? '502 5.5.1 unknown\r\n' : chunk.toString('latin1').replace(/250([ -])STARTTLS/, '250$1HELP'),
    (chunk: Buffer, seen: string) => (asked.test(seen) ? '454 4.7.0 not now\r\n' : chunk),
    (chunk: Buffer, seen: string) => (/EHLO [^\r]+\r\n$/.test(seen) ? '502 5.5.1 only HELO\r\n' : chunk),
    // Says yes, and goes on in the clear with what would be answered to all that follows.
    (chunk: Buffer, seen: string) =>
      asked.test(seen) ? '220 go\r\n250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n' : chunk,
  ]
  for (const toMailer of strips) {
    const middle = await startMiddle(t, server.port, { toMailer })
    const smtp = openSmtp(t, { port: middle.port, trust: server.certificate.cert, server: { auth: signIn } })
    await assert.rejects(send(smtp, await makeMail()), fails('not sent', /^open a session with /))
    assert.doesNotMatch(middle.fromMailer(), /AUTH|MAIL FROM|films|anna|Subject/i)
    assert.doesNotMatch(middle.fromMailer(), new RegExp(Buffer.from(pass).toString('base64')))
    assert.equal(smtp.health().ready, false)
  }
  assert.deepEqual(server.mails, [])
})

test('a certificate that is unknown, expired or for another name is refused with that reason', async (t) => {
  const [good, expired, named] = [
    await makeCertificate(),
    await makeCertificate('localhost', -1),
    await makeCertificate('mail.example'),
  ]
  const cases = [
    [good, await makeCertificate(), /self-signed certificate/],
    [expired, expired, /certificate has expired/],
    [named, named, /not in the cert's altnames/],
  ] as const
  for (const [certificate, trusted, why] of cases) {
    const server = await startServer(t, { certificate })
    const smtp = openSmtp(t, { port: server.port, trust: trusted.cert })
    await assert.rejects(send(smtp, await makeMail()), fails('not sent', why))
    assert.deepEqual(smtp.health(), { name: `127.0.0.1:${server.port}`, ready: false, reason: smtp.health().reason })
    assert.match(smtp.health().reason ?? '', why)
    assert.deepEqual(server.mails, [])
  }
})

test("no variable of Node's turns the verification off", async (t) => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
  const server = await startServer(t)
  const smtp = openSmtp(t, { port: server.port, trust: (await makeCertificate()).cert })
  await assert.rejects(send(smtp, await makeMail()), fails('not sent', /certificate/))
})

test('TLS 1.1 is refused, 1.2 is enough', async (t) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  const { server, smtp } = await bench(t, old)
  await assert.rejects(send(smtp, await makeMail()), fails('not sent', /TLS|protocol|version/i))
  assert.deepEqual(server.mails, [])
  const newer = await bench(t, { maxVersion: 'TLSv1.2' })
  await send(newer.smtp, await makeMail())
  assert.equal(newer.server.mails.length, 1)
})

test('TLS from the first byte works as well', async (t) => {
  const server = await startServer(t, { secure: true })
  const trust = server.certificate.cert
  await send(openSmtp(t, { port: server.port, trust, server: { implicitTls: true } }), await makeMail())
  assert.ok(server.mails[0]?.secure)
  const stranger = openSmtp(t, {
    port: server.port,
    trust: (await makeCertificate()).cert,
    server: { implicitTls: true },
  })
  await assert.rejects(send(stranger, await makeMail()), fails('not sent', /certificate/))
})

test('a server without sign-in, and a wrong password, are told, and the password is not', async (t) => {
  const without = await startServer(t, { disabledCommands: ['AUTH'] })
  const way = (port: number, trust: string) => openSmtp(t, { port, trust, server: { auth: signIn } })
  await assert.rejects(
    send(way(without.port, without.certificate.cert), await makeMail()),
    fails('not sent', /no sign-in/),
  )
  const strict = await startServer(t, {
    onAuth: ({ password }, _session, done) => done(answer(535, `5.7.8 ${password} is wrong`)),
  })
  const smtp = way(strict.port, strict.certificate.cert)
  await assert.rejects(
    send(smtp, await makeMail()),
    fails('not sent', /answered 535 5\.7\.8 \*\*\* is wrong to the sign-in/),
  )
  assert.match(smtp.health().reason ?? '', /535/)
})

test('a 4xx is tried again, a 5xx is for good, at each step, and the session goes on', async (t) => {
  const codes = { 'sender@example.org': 0, 'later@example.org': 451, 'never@example.org': 550 } as const
  const verdict = (address: string) => {
    const code = codes[address as keyof typeof codes]
    return code ? answer(code, `for ${address}`) : null
  }
  const { server, smtp } = await bench(t, {
    onRcptTo: ({ address }, _session, done) => done(verdict(address)),
    judge: ({ to }) => (to[0]?.startsWith('data-') ? answer(Number(to[0].slice(5, 8)), 'after the dot') : true),
  })
  await assert.rejects(send(smtp, await makeMail('later@example.org')), fails('not sent', /answered 451 for later@/))
  await assert.rejects(send(smtp, await makeMail('never@example.org')), fails('refused', /answered 550 for never@/))
  await assert.rejects(
    send(smtp, await makeMail('data-452@example.org')),
    fails('not sent', /answered 452 after the dot/),
  )
  await assert.rejects(
    send(smtp, await makeMail('data-554@example.org')),
    fails('refused', /answered 554 after the dot/),
  )
  await send(smtp, await makeMail())
  assert.equal(server.connections, 1)
  assert.equal(smtp.health().ready, true)
})

test('what an answer says of the session says nothing of the mail', async (t) => {
  for (const code of [421, 503, 530]) {
    const { smtp } = await bench(t, { onMailFrom: (_address, _session, done) => done(answer(code, 'again')) })
    await assert.rejects(send(smtp, await makeMail()), fails('not sent', new RegExp(`answered ${code}`)))
  }
})

test('a server that quotes the mail gives no code away: not in the error, and nothing of it in health', async (t) => {
  const seen: unknown[] = []
  for (const code of [421, 503, 530]) {
    const server = await startServer(t, {
      judge: ({ bytes }) => answer(code, `4.7.0 no: ${bytes.toString().split('\r\n\r\n').slice(1).join(' ')}`),
    })
    const smtp = openSmtp(t, { port: server.port, trust: server.certificate.cert, onChange: (one) => seen.push(one) })
    await assert.rejects(send(smtp, await makeMail()), (error: Error) => {
      seen.push(error.message)
      return new RegExp(`answered ${code} 4.7.0 no: `).test(error.message)
    })
    const reason = `send a mail by 127.0.0.1:${server.port}: the server answered ${code}`
    assert.deepEqual(smtp.health(), { name: `127.0.0.1:${server.port}`, ready: false, reason })
  }
  // As the letter has it, and as the mail has the letter.
  assert.doesNotMatch(JSON.stringify(seen), /123456|MTIzNDU2|EyMzQ1N|xMjM0NT/)
})

const never = () => {}
const slow: readonly (readonly [step: string, options: TestServerOptions, outcome: 'not sent' | 'uncertain'])[] = [
  ['the greeting', { onConnect: never }, 'not sent'],
  ['the sign-in', { onAuth: never }, 'not sent'],
  ['the sender', { onMailFrom: never }, 'not sent'],
  ['the recipient', { onRcptTo: never }, 'not sent'],
  ['the whole mail', { judge: () => false }, 'uncertain'],
]
for (const [step, options, outcome] of slow) {
  test(`a server that does not answer to ${step} is given up at a deadline`, async (t) => {
    const server = await startServer(t, options)
    const limits = { sessionMs: 300, envelopeMs: 300, dataMs: 300 }
    const auth = step === 'the sign-in' ? signIn : undefined
    const smtp = openSmtp(t, { port: server.port, trust: server.certificate.cert, options: limits, server: { auth } })
    await assert.rejects(send(smtp, await makeMail()), fails(outcome, /no answer within 300 ms/))
    assert.deepEqual(server.mails, [])
  })
}

const stalls: readonly (readonly [step: string, at: RegExp])[] = [
  ['EHLO', /EHLO [^\r]+\r\n$/],
  ['STARTTLS', /STARTTLS\r\n$/],
  ['the TLS handshake', /STARTTLS\r\n.+$/s],
]
for (const [step, at] of stalls) {
  test(`a connection that stalls at ${step} is given up at a deadline`, async (t) => {
    const server = await startServer(t)
    const middle = await startMiddle(t, server.port, { toMailer: (chunk, seen) => (at.test(seen) ? undefined : chunk) })
    const smtp = openSmtp(t, { port: middle.port, trust: server.certificate.cert, options: { sessionMs: 300 } })
    await assert.rejects(send(smtp, await makeMail()), fails('not sent', /no answer within 300 ms/))
  })
}

test('a greeting that never ends is given up, however often a byte comes', async (t) => {
  const server = await startServer(t)
  const middle = await startMiddle(t, server.port, { toMailer: () => undefined, drip: '220-wait\r\n' })
  const smtp = openSmtp(t, { port: middle.port, trust: server.certificate.cert, options: { sessionMs: 300 } })
  await assert.rejects(send(smtp, await makeMail()), fails('not sent', /no answer within 300 ms/))
})

test('an address where nobody listens is told', async (t) => {
  const { port, certificate, stop } = await startServer(t)
  await stop()
  const smtp = openSmtp(t, { port, trust: certificate.cert })
  await assert.rejects(send(smtp, await makeMail()), fails('not sent', /ECONNREFUSED/))
  assert.equal(smtp.health().ready, false)
})

test('a claim that ends stops the mail: not sent before its end, uncertain after it', async (t) => {
  const claim = { before: new AbortController(), after: new AbortController() }
  const before = await bench(t, { onRcptTo: () => claim.before.abort() })
  const judge = () => {
    claim.after.abort()
    return false
  }
  const after = await bench(t, { judge })
  for (const [{ smtp, server }, { signal }, outcome] of [
    [before, claim.before, 'not sent'],
    [after, claim.after, 'uncertain'],
  ] as const) {
    await assert.rejects(
      smtp.send(await makeMail(), () => {}, signal),
      fails(outcome, /its claim ended/),
    )
    assert.deepEqual(server.mails, [])
  }
})

test('what is not to be sent any more when the server asks for it, is not sent', async (t) => {
  const { server, smtp } = await bench(t)
  const expired = new Error('expired')
  await assert.rejects(
    send(smtp, await makeMail(), () => {
      throw expired
    }),
    (error) => error === expired,
  )
  await send(smtp, await makeMail())
  assert.equal(server.mails.length, 1)
})

test('a connection that is lost before the end of the mail is no sending, one lost after it is uncertain', async (t) => {
  const lateServer = await startServer(t, {
    judge() {
      lateServer.cut()
      return false
    },
  })
  const late = openSmtp(t, { port: lateServer.port, trust: lateServer.certificate.cert })
  await assert.rejects(send(late, await makeMail()), fails('uncertain', /the whole mail was handed over/))
  const earlyServer = await startServer(t, { onRcptTo: () => earlyServer.cut() })
  const early = openSmtp(t, { port: earlyServer.port, trust: earlyServer.certificate.cert })
  await assert.rejects(send(early, await makeMail()), fails('not sent', /closed/))
})

test('many mails go by a few sessions, which are used again and again', async (t) => {
  const { server, smtp } = await bench(t, {}, { connections: 4 })
  const mails = await Promise.all(Array.from({ length: 60 }, (_, i) => makeMail(`user${i}@example.org`)))
  await Promise.all(mails.map((mail) => send(smtp, mail)))
  assert.equal(new Set(server.mails.map(({ to }) => to[0])).size, 60)
  assert.ok(server.connections <= 4, String(server.connections))
})

test('a session ends after so many mails', async (t) => {
  const { server, smtp } = await bench(t, {}, { mailsEach: 2 })
  for (let i = 0; i < 5; i += 1) await send(smtp, await makeMail())
  assert.equal(server.connections, 3)
})

test('a session ends when it was idle for so long', async (t) => {
  const closed = Promise.withResolvers<void>()
  const { server, smtp } = await bench(t, { onClose: () => closed.resolve() }, { idleMs: 100 })
  await send(smtp, await makeMail())
  await closed.promise
  await send(smtp, await makeMail())
  assert.equal(server.connections, 2)
})

test('a mail waits for a session only so long, and the next one has its turn', async (t) => {
  const hold = Promise.withResolvers<true>()
  const { server, smtp } = await bench(
    t,
    { judge: (_mail, nth) => (nth === 1 ? hold.promise : true) },
    { connections: 1, waitMs: 100, dataMs: 20_000 },
  )
  const first = send(smtp, await makeMail())
  await assert.rejects(send(smtp, await makeMail()), fails('not sent', /wait for one of 1 connections/))
  assert.equal(smtp.health().ready, true, 'a wait says nothing of the server')
  hold.resolve(true)
  await first
  await send(smtp, await makeMail())
  assert.equal(server.mails.length, 2)
})

test('kept sessions survive a restart of the server, without a lost mail or a counted failure', async (t) => {
  const certificate = await makeCertificate()
  const first = await startServer(t, { certificate })
  const smtp = openSmtp(t, { port: first.port, trust: certificate.cert })
  const mails = await Promise.all(Array.from({ length: 6 }, () => makeMail()))
  await Promise.all(mails.map((mail) => send(smtp, mail)))
  await first.stop()
  const second = await startServer(t, { certificate, port: first.port })
  await Promise.all(mails.map((mail) => send(smtp, mail)))
  assert.deepEqual([first.mails.length, second.mails.length], [6, 6])
})

test('a session that the server closes just as it is used again gives way to a new one', async (t) => {
  let first = true
  const { server, smtp } = await bench(t, {
    onMailFrom({ address }, _session, done) {
      if (server.mails.length === 1 && first) {
        first = false
        server.cut()
      } else done(address === '' ? answer(501, 'nobody') : null)
    },
  })
  await send(smtp, await makeMail())
  await send(smtp, await makeMail())
  assert.deepEqual([server.mails.length, server.connections], [2, 2])
})

test('a repeat has the same bytes, and another mail has another Message-ID', async (t) => {
  const { server, smtp } = await bench(t)
  const [mail, other] = [await makeMail(), await makeMail()]
  for (const one of [mail, mail, other]) await send(smtp, one)
  const [first, second, third] = server.mails.map(({ bytes }) => bytes.toString())
  assert.equal(first, second)
  const idOf = (bytes = '') => /^Message-ID: (.+)$/m.exec(bytes)?.[1]
  assert.notEqual(idOf(first), idOf(third))
})
