/** The mailer's process between a broker and a real mail server: what is mailed once, again, never; and what it tells nobody. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { mailSendNotice } from '@vestnik/contracts'
import PostalMime from 'postal-mime'
import { pass } from './mailer.fixture.ts'
import { eventually, surroundings } from './mailer-process.fixture.ts'
import { answer, startServer, type TestServerOptions } from './smtp-server.fixture.ts'

const onAuth: NonNullable<TestServerOptions['onAuth']> = ({ username, password }, _session, done) =>
  password === pass ? done(null, { user: username ?? '' }) : done(answer(535, 'wrong'))

async function bench(t: TestContext, options: TestServerOptions = {}) {
  const server = await startServer(t, { authOptional: false, onAuth, ...options })
  return { server, ...(await surroundings(t, server)) }
}

const countOf = (metrics: string, outcome: string) =>
  Number(new RegExp(`^vestnik_mail_attempts_total\\{[^}]*outcome="${outcome}"\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0)

const textOf = async (bytes: Buffer) => (await PostalMime.parse(bytes)).text?.trim()

test('codes of our services and of existing peers are mailed once, and no code or password is found anywhere', async (t) => {
  const { server, start, publishCode, publishBytes, bus, files } = await bench(t)
  await publishBytes('{"email":"early@example.org","code":"730184"}')
  const mailer = await start()
  await publishCode('anna@example.org', '915273')
  await bus.store.transaction((tx) =>
    bus.publish(tx, mailSendNotice, { email: 'boris@example.org', kind: 'address-taken' }),
  )
  await server.taken(3)
  const texts = new Map(
    await Promise.all(server.mails.map(async ({ to, bytes }) => [to[0], await textOf(bytes)] as const)),
  )
  assert.equal(texts.get('early@example.org'), 'Ваш код: 730184')
  assert.equal(texts.get('anna@example.org'), 'Ваш код: 915273')
  assert.match(texts.get('boris@example.org') ?? '', /попытался зарегистрироваться/)
  await eventually('three are counted', async () => countOf(await mailer.get('/metrics'), 'sent') >= 1 || undefined)
  assert.match(await mailer.get('/readyz'), new RegExp(`"smtp":\\{"name":"localhost:${server.port}","ready":true\\}`))
  mailer.signal('SIGTERM')
  assert.equal(await mailer.ended, 0)
  assert.equal(server.mails.length, 3)
  for (const secret of ['915273', pass, Buffer.from(pass).toString('base64')]) {
    assert.ok(!mailer.output().includes(secret) && !files().includes(secret), secret)
  }
  assert.ok(!mailer.output().includes('730184'))
})

const email = 'anna@example.org'
const json = JSON.stringify
const hostile: readonly (readonly [what: string, body: string | Uint8Array, reason: string])[] = [
  ['no JSON', 'hello', 'not JSON'],
  ['half of it', '{"email":"anna@example.org","co', 'not JSON'],
  ['broken UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0x22), 'not JSON'],
  ['nothing', '', 'not JSON'],
  ['null', 'null', 'wrong schema'],
  ['a list', '[]', 'wrong schema'],
  ['a number', '7', 'wrong schema'],
  ['no code', json({ email }), 'wrong schema'],
  ['a null code', json({ email, code: null }), 'wrong schema'],
  ['a code that is a number', json({ email, code: 123456 }), 'wrong schema'],
  ['a code that is a list', json({ email, code: ['123456'] }), 'wrong schema'],
  ['five digits', json({ email, code: '12345' }), 'wrong schema'],
  ['seven digits', json({ email, code: '1234567' }), 'wrong schema'],
  ['a line after the code', json({ email, code: '123456\n' }), 'wrong schema'],
  ['HTML in the code', json({ email, code: '<b>12</b>' }), 'wrong schema'],
  ['other digits', json({ email, code: '１２３４５６' }), 'wrong schema'],
  ['10,000 characters', json({ email, code: '1'.repeat(10_000) }), 'wrong schema'],
  ['a JWE of 2 KiB', json({ email, code: `${'a'.repeat(2000)}.a.a.a.a` }), 'wrong schema'],
  ['two addresses', json({ email: 'anna@example.org,boris@example.org', code: '123456' }), 'wrong schema'],
  ['a list of addresses', json({ email: ['anna@example.org', 'boris@example.org'], code: '123456' }), 'wrong schema'],
  [
    'CR LF in the address',
    json({ email: 'anna@example.org\r\nBcc: boris@example.org', code: '123456' }),
    'wrong schema',
  ],
  ['LF in the address', json({ email: 'anna@example.org\nSubject: x', code: '123456' }), 'wrong schema'],
  ['NUL in the address', json({ email: 'anna@example.org\0', code: '123456' }), 'wrong schema'],
  ['a name beside the address', json({ email: 'Anna <anna@example.org>', code: '123456' }), 'wrong schema'],
  ['no domain', json({ email: 'anna', code: '123456' }), 'wrong schema'],
  ['an empty sealed code', json({ email, code: '....' }), 'permanent error'],
  ['a forged sealed code', json({ email, code: 'eyJhbGciOiJFQ0RILUVTIn0.a.b.c.d' }), 'permanent error'],
]

test('what is no request for one mail is a dead letter with its reason, and holds up nothing', async (t) => {
  const { server, start, publishBytes, dead } = await bench(t)
  const mailer = await start()
  for (const [i, [, body]] of hostile.entries()) {
    await publishBytes(body)
    await publishBytes(json({ email: `good${i}@example.org`, code: '123456' }))
  }
  await server.taken(hostile.length)
  const letters = await dead(hostile.length)
  assert.equal(letters.length, hostile.length)
  const reasons = letters.map(({ reason }) => reason)
  assert.deepEqual(reasons.toSorted(), hostile.map(([, , reason]) => reason).toSorted())
  for (const { errorMessage } of letters) assert.doesNotMatch(errorMessage ?? '123456', /123456|boris/)
  assert.deepEqual(
    new Set(server.mails.flatMap(({ to }) => to)),
    new Set(hostile.map((_, i) => `good${i}@example.org`)),
  )
  assert.equal(server.mails.length, hostile.length)
  assert.doesNotMatch(mailer.output(), /123456|boris/)
})

test('a sealed code that is not for this mailer, or not for this address, is a dead letter that says so', async (t) => {
  const { server, start, publishBytes, publishCode, keys, dead } = await bench(t)
  await start()
  const stolen = await keys.seal('482915', 'victim@example.org')
  await publishBytes(json({ email: 'thief@example.org', code: stolen }))
  const [header = '', ...rest] = stolen.split('.')
  const unknown = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), kid: 'another' }
  const renamed = [Buffer.from(json(unknown)).toString('base64url'), ...rest].join('.')
  await publishBytes(json({ email: 'victim@example.org', code: renamed }))
  await publishCode(email, '615243')
  await server.taken(1)
  const messages = (await dead(2)).map(({ errorMessage }) => errorMessage).toSorted()
  assert.deepEqual(messages, [
    'open a sealed code: it was sealed for another address',
    "open a sealed code: key another is none of the mailer's keys",
  ])
  assert.deepEqual(
    server.mails.map(({ to }) => to[0]),
    [email],
  )
})

test('a 4xx is tried again until it is taken, a 5xx is buried with the answer, other mail goes on', async (t) => {
  const tries = new Map<string, number>()
  const { server, start, publishCode, dead } = await bench(t, {
    judge({ to: [to = ''] }) {
      tries.set(to, (tries.get(to) ?? 0) + 1)
      if (to === 'never@example.org') return answer(554, '5.7.1 no 482915 for you')
      return to === 'later@example.org' && (tries.get(to) ?? 0) < 3 ? answer(451, '4.3.0 later') : true
    },
  })
  const mailer = await start()
  for (const who of ['later', 'never', 'anna']) await publishCode(`${who}@example.org`, '482915')
  await server.taken(2)
  assert.deepEqual(server.mails.map(({ to }) => to[0]).toSorted(), [email, 'later@example.org'])
  const [letter] = await dead(1)
  assert.deepEqual([letter?.reason, letter?.attempts, letter?.uncertain], ['permanent error', 1, 0])
  assert.match(letter?.errorMessage ?? '', /the server answered 554 5\.7\.1 no \*{6} for you$/)
  assert.deepEqual([tries.get('later@example.org'), tries.get('never@example.org')], [3, 1])
  const metrics = await mailer.get('/metrics')
  assert.deepEqual([countOf(metrics, 'retried'), countOf(metrics, 'failed')], [2, 1])
  assert.doesNotMatch(mailer.output(), /482915/)
})

test('a mail whose answer was lost is counted as uncertain and sent again: the same bytes', async (t) => {
  const taken: Buffer[] = []
  const { server, start, publishCode, uncertain } = await bench(t, {
    judge({ bytes }) {
      taken.push(bytes)
      if (taken.length > 1) return true
      server.cut()
      return false
    },
  })
  const mailer = await start()
  await publishCode(email, '482915')
  await server.taken(1)
  assert.equal(taken.length, 2)
  assert.deepEqual(taken[0], taken[1])
  const counted = await eventually('it is counted', async () => {
    const metrics = await mailer.get('/metrics')
    return countOf(metrics, 'sent') === 1 ? metrics : undefined
  })
  assert.equal(countOf(counted, 'uncertain'), 1)
  assert.equal(await uncertain(), 1)
})

test('mail waits for a server that is away, and readiness says what is wrong with it', async (t) => {
  const first = await bench(t)
  await first.server.stop()
  const mailer = await first.start()
  await first.publishCode(email, '482915')
  await eventually('it is told', async () => (await mailer.get('/readyz')).includes('ECONNREFUSED') || undefined)
  assert.match(await mailer.get('/readyz'), /"status":"ready"/)
  const { certificate, port } = first.server
  const second = await startServer(t, { authOptional: false, onAuth, certificate, port })
  await second.taken(1)
  assert.match(mailer.output(), /mail cannot be sent now/)
  await eventually('it is told', async () => mailer.output().includes('takes mail again') || undefined)
})

test('a mailer that is killed while the server has the whole mail sends it again when its claim is over', async (t) => {
  const seen: Buffer[] = []
  const held = Promise.withResolvers<void>()
  const { server, start, publishCode, uncertain } = await bench(t, {
    judge({ bytes }) {
      seen.push(bytes)
      held.resolve()
      return seen.length > 1
    },
  })
  const first = await start()
  await publishCode(email, '482915')
  await held.promise
  first.signal('SIGKILL')
  await first.ended
  await start()
  await server.taken(1)
  assert.equal(seen.length, 2)
  assert.deepEqual(seen[0], seen[1])
  assert.equal(await uncertain(), 1)
})

test('a configuration that cannot work ends the start with a sentence', async (t) => {
  const { start } = await bench(t)
  for (const [environment, sentence] of [
    [{ MAIL_HOST: '', NODE_ENV: 'production' }, /^mailer cannot start: MAIL_HOST is not set/m],
    [{ MAIL_PASS: '' }, /^mailer cannot start: MAIL_PASS is not set/m],
    [{ MAIL_CA: '/nowhere.pem' }, /^mailer cannot start: MAIL_CA is "\/nowhere\.pem"/m],
    [{ NODE_ENV: 'production' }, /^mailer cannot start: MAIL_PRIVATE_KEY is not set/m],
  ] as const) {
    const mailer = await start(environment)
    assert.equal(await mailer.ended, 2)
    assert.match(mailer.output(), sentence)
    assert.doesNotMatch(mailer.output(), new RegExp(`${pass}|\\n\\s+at `))
  }
})
