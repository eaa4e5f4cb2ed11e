/** Limits of rates in the real system: they bite, are not dodged, and keep no owner out. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { sessions, users } from '@vestnik/api'
import { ask } from '../tools/client/ask.ts'
import { signUp } from '../tools/client/person.ts'
import { passwordOf } from './hostile/people.ts'
import { request } from './hostile/row.ts'
import { type Said, say } from './hostile/wire.ts'
import { startSystem } from './system.ts'
import { until } from './until.ts'

type Headers = Readonly<Record<string, string>>

/** By the share of each limit that is reached here; more at once would only take longer. */
const atOnce = 20

test('limits bite, are not dodged, and keep no owner out', { timeout: 180_000 }, async (t) => {
  // What comes from 127.0.0.1 is from a proxy that is believed; any other of Linux's loopback addresses is a source itself.
  const system = await startSystem(t, { TRUST_PROXY: '127.0.0.1' })
  const { url, mailbox } = system
  const port = Number(new URL(url).port)
  const anna = { email: 'anna@example.org', password: passwordOf('anna@example.org') }
  await signUp(system, anna)

  const post = (from: string, path: string, body: object, headers: Headers = {}) =>
    say(port, request('POST', path, { body, headers }).bytes, { from })
  const guess = (from: string, email: string, headers: Headers = {}, password = 'wrong horse battery') =>
    post(from, '/sessions', { email, password }, headers)

  await t.test(
    'a source that asks without end is refused, on however many connections and by whatever headers',
    async () => {
      const from = '127.1.0.1'
      const dodges = (n: number): Headers => ({
        'x-forwarded-for': `10.0.${n >> 8}.${n & 255}`,
        forwarded: `for=10.0.0.${n}`,
        'x-real-ip': `10.0.0.${n & 255}`,
        'true-client-ip': `10.0.0.${n & 255}`,
        'x-client-ip': `10.0.0.${n & 255}`,
        'cf-connecting-ip': `10.0.0.${n & 255}`,
        'user-agent': String(n),
      })
      const paths = ['/films?pageSize=1', '/nowhere', '/films/46', '/users/me', '/openapi.json', '/docs', '/FILMS']
      const answers = await many(1200, (n) =>
        say(
          port,
          request(n % 3 === 0 ? 'OPTIONS' : 'GET', paths[n % paths.length] ?? '/', { headers: dodges(n) }).bytes,
          { from },
        ),
      )
      const refused = answers.filter(({ statuses }) => statuses[0] === 429)
      assert.ok(refused.length > 0, `${refused.length}`)
      for (const one of refused) assertLimited(one)
      assert.deepEqual(
        (await say(port, request('GET', '/livez').bytes, { from })).statuses,
        [200],
        'its health is asked for',
      )
      assert.deepEqual((await say(port, request('GET', '/films').bytes, { from: '127.1.0.2' })).statuses, [200])
    },
  )

  await t.test('many requests on one kept connection are counted as well', async () => {
    const one = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'
    const head = one.replace('GET', 'HEAD').replace('openapi.json', 'films/46')
    const { statuses } = await say(port, head.repeat(900), { from: '127.1.1.1', quietMs: 2000 })
    assert.ok(statuses.includes(200) && statuses.includes(429), `${new Set(statuses)}`)
  })

  await t.test(
    'a source that guesses a password is stopped, however it writes the address and the headers',
    async () => {
      const from = '127.2.0.1'
      const spelt = (n: number) =>
        [...anna.email].map((letter, at) => ((n >> (at % 5)) & 1 ? letter.toUpperCase() : letter)).join('')
      const answers = await many(30, (n) => guess(from, spelt(n), { 'x-forwarded-for': `10.1.0.${n}` }))
      const statuses = answers.map((answer) => answer.statuses[0])
      assert.equal(statuses.filter((status) => status === 401).length, 20)
      assert.equal(statuses.filter((status) => status === 429).length, 10)
      answers.filter((answer) => answer.statuses[0] === 429).map(assertLimited)
      assertLimited(await guess(from, anna.email, {}, anna.password))
    },
  )

  await t.test('a source that holds connections open without asking anything keeps nobody out', async () => {
    const from = '127.6.0.1'
    const sockets = Array.from({ length: 600 }, () => connect({ port, host: '127.0.0.1', localAddress: from }))
    for (const socket of sockets) socket.on('error', () => {})
    await until('those beyond its share are closed', () => sockets.filter(({ closed }) => closed).length >= 100)
    assert.equal(sockets.filter(({ closed }) => closed).length, 100)
    assert.deepEqual((await say(port, request('GET', '/films').bytes, { from })).statuses, [])
    assert.deepEqual((await say(port, request('GET', '/films').bytes, { from: '127.6.0.2' })).statuses, [200])
    for (const socket of sockets) socket.destroy()
  })

  await t.test('with dots or a plus it is another account, and opens nothing', async () => {
    for (const email of ['an.na@example.org', 'anna+1@example.org']) {
      assert.deepEqual((await guess('127.2.1.1', email, {}, anna.password)).statuses, [401])
    }
  })

  await t.test('other addresses of one /64 are one source, and another network is not', async () => {
    const viaProxy = (source: string, password?: string) =>
      guess('127.0.0.1', anna.email, { 'x-forwarded-for': source }, password)
    await many(20, (n) => viaProxy(`2001:db8:1:1:${(n + 1).toString(16)}::1`))
    for (const same of ['2001:db8:1:1:ffff::2', '2001:0DB8:0001:0001::', '2001:db8:1:1::ffff:1.2.3.4']) {
      assertLimited(await viaProxy(same))
    }
    assert.deepEqual((await viaProxy('2001:db8:1:2::1')).statuses, [401])
  })

  await t.test('one IPv4 address is one source, also when it is written as an IPv6 one', async () => {
    const viaProxy = (source: string) => guess('127.0.0.1', anna.email, { 'x-forwarded-for': source })
    await many(20, (n) => viaProxy(n % 2 === 0 ? '10.3.0.1' : '::ffff:10.3.0.1'))
    for (const same of ['10.3.0.1', '::ffff:10.3.0.1', '::FFFF:0a03:1', '9.9.9.9, 10.3.0.1']) {
      assertLimited(await viaProxy(same))
    }
  })

  await t.test(
    'the owner signs in at home while others guess from everywhere, and from a new place by a mailed code',
    async () => {
      const home = { 'x-forwarded-for': '10.4.0.1' }
      const away = { 'x-forwarded-for': '10.4.0.2' }
      assert.deepEqual((await guess('127.0.0.1', anna.email, home, anna.password)).statuses, [200])
      await many(160, (n) => guess('127.0.0.1', anna.email, { 'x-forwarded-for': `10.5.${n}.1` }))
      assertLimited(await guess('127.0.0.1', anna.email, { 'x-forwarded-for': '10.6.0.1' }))
      assertLimited(await guess('127.0.0.1', anna.email, away, anna.password))
      assert.deepEqual((await guess('127.0.0.1', anna.email, home, anna.password)).statuses, [200])

      await ask(url, users.askPasswordReset, { body: { email: anna.email } })
      const { code } = await mailbox.nextCode(anna.email)
      const newPassword = 'horse battery staple'
      const set = { email: anna.email, code, newPassword }
      assert.deepEqual((await post('127.0.0.1', '/password-resets/confirm', set, away)).statuses, [204])
      assert.deepEqual((await guess('127.0.0.1', anna.email, away, newPassword)).statuses, [200])
    },
  )

  await t.test('a source that guesses codes is stopped', async () => {
    const from = '127.4.0.1'
    const answers = await many(40, (n) =>
      post(from, '/users/confirmations', { email: 'anna@example.org', code: String(n).padStart(6, '0') }),
    )
    assert.equal(answers.filter(({ statuses }) => statuses[0] === 422).length, 20)
    assert.equal(answers.filter(({ statuses }) => statuses[0] === 429).length, 20)
  })

  await t.test(
    'a source cannot have mails sent without end, and an address gets five an hour whoever asks',
    async () => {
      const email = 'gleb@example.org'
      await ask(url, users.signUp, { body: { email, password: passwordOf(email) } })
      await mailbox.nextCode(email)
      const answers = await many(60, (n) =>
        post('127.5.0.1', n % 2 === 0 ? '/password-resets' : '/users/confirmations/resend', {
          email: n < 4 ? email : `x${n}@example.org`,
        }),
      )
      const refused = answers.filter(({ statuses }) => statuses[0] === 429)
      assert.ok(refused.length >= 25, `${refused.length}`)
      refused.map(assertLimited)
      const more = await many(20, (n) =>
        post(`127.5.1.${n + 1}`, '/users/confirmations/resend', { email: n % 2 === 0 ? email : 'Gleb@Example.ORG' }),
      )
      assert.ok(more.every(({ statuses }) => statuses[0] === 202))
      // What comes later shows that nothing else is on its way.
      await ask(url, users.signUp, { body: { email: 'last@example.org', password: passwordOf('last') } })
      await mailbox.nextCode('last@example.org')
      assert.equal((await mailbox.all()).filter(({ to }) => to === email).length, 5)
    },
  )

  await t.test('at home all is as before', async () => {
    const body = { email: anna.email, password: 'horse battery staple' }
    await ask(url, sessions.signIn, { body })
  })
})

function assertLimited({ statuses, headers, body, text }: Said): void {
  assert.deepEqual(statuses, [429], text)
  assert.match(headers['retry-after'] ?? '', /^[1-9][0-9]*$/)
  assert.equal(JSON.parse(body === '' ? '{"status":429}' : body).status, 429)
}

async function many(count: number, send: (n: number) => Promise<Said>): Promise<readonly Said[]> {
  const answers: Said[] = []
  for (let from = 0; from < count; from += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, count - from) }, (_, n) => from + n)
    answers.push(...(await Promise.all(numbers.map(send))))
  }
  return answers
}
