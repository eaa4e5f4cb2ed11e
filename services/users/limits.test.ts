/** Who tries too often is stopped, and the owner is not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { standardMailLimits } from '@vestnik/codes'
import { anna, cheap, open, otherCode, type System } from './app.fixture.ts'
import { createLimits } from './limits.ts'
import { createPasswords } from './passwords.ts'

const home = '192.0.2.1'
const { email, password } = anna

async function limited(t: Parameters<typeof open>[0]) {
  const time = { ms: 0 }
  const system = await open(t, { limits: createLimits(true, () => time.ms) })
  return { ...system, time }
}

const wrong = ({ post }: System, from: string, to: string = email) =>
  post('/sessions', { email: to, password: 'wrong horse' }, from)

async function guessUntilStopped(system: System, from: string, to?: string): Promise<number> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const { status, headers } = await wrong(system, from, to)
    if (status === 401) continue
    assert.equal(status, 429)
    assert.match(String(headers['retry-after']), /^[1-9][0-9]*$/)
    return tries
  }
  return 1000
}

/** An attacker with many addresses, none of which is stopped for itself. */
async function guessFromEverywhere(system: System): Promise<void> {
  for (let i = 0; i < 120; i += 1) await wrong(system, `198.51.100.${i}`)
  assert.equal((await wrong(system, '198.51.100.250')).status, 429)
}

test('a source that guesses one password is stopped, and may go on later', async (t) => {
  const system = await limited(t)
  await system.join()
  assert.equal(await guessUntilStopped(system, '198.51.100.7'), 20)
  assert.equal((await system.post('/sessions', anna, '198.51.100.7')).status, 429)
  system.time.ms += 5 * 60_000
  assert.equal((await system.post('/sessions', anna, '198.51.100.7')).status, 200)
})

test('a thousand guesses at once are counted like a thousand one after another', async (t) => {
  const system = await limited(t)
  await system.join()
  const answers = await Promise.all(Array.from({ length: 250 }, () => wrong(system, '198.51.100.7')))
  assert.equal(answers.filter(({ status }) => status === 401).length, 20)
})

test('a source that tries one password at many addresses is stopped', async (t) => {
  const system = await limited(t)
  let tries = 0
  while ((await wrong(system, '198.51.100.7', `user${tries}@example.org`)).status === 401) tries += 1
  assert.equal(tries, 100)
})

test('other addresses of one /64 are one source', async (t) => {
  const system = await limited(t)
  let tries = 0
  while ((await wrong(system, `2001:db8:0:7::${tries.toString(16)}`)).status === 401) tries += 1
  assert.equal(tries, 20)
})

test('what a client writes into X-Forwarded-For makes no other source of it', async (t) => {
  const system = await limited(t)
  let tries = 0
  while ((await wrong(system, `203.0.113.${tries}, 198.51.100.7`)).status === 401) tries += 1
  assert.equal(tries, 20)
})

test('the owner signs in at home while others guess from everywhere', async (t) => {
  const system = await limited(t)
  await system.join()
  await system.signIn(anna, home)
  await guessFromEverywhere(system)
  await system.signIn(anna, home)
})

test('the owner gets in from a new place while others guess from everywhere, by setting a new password there', async (t) => {
  const system = await limited(t)
  await system.join()
  await guessFromEverywhere(system)
  const train = '203.0.113.9'
  assert.equal((await system.post('/sessions', anna, train)).status, 429)
  await system.post('/password-resets', { email }, train)
  const body = { email, code: await system.lastCode(email), newPassword: 'another horse' }
  assert.equal((await system.post('/password-resets/confirm', body, train)).status, 204)
  await system.signIn({ email, password: 'another horse' }, train)
})

test('an owner who mistypes too often at home gets in there by setting a new password', async (t) => {
  const system = await limited(t)
  await system.join()
  await guessUntilStopped(system, home)
  await system.post('/password-resets', { email }, home)
  const body = { email, code: await system.lastCode(email), newPassword: 'another horse' }
  assert.equal((await system.post('/password-resets/confirm', body, home)).status, 204)
  await system.signIn({ email, password: 'another horse' }, home)
})

test('whoever confirmed the address is known where they did', async (t) => {
  const system = await limited(t)
  await system.post('/users', anna, home)
  await system.post('/users/confirmations', { email, code: await system.lastCode(email) }, home)
  await guessFromEverywhere(system)
  await system.signIn(anna, home)
})

test('whoever tried to sign in before confirming the address gets in once it is confirmed', async (t) => {
  const system = await limited(t)
  await system.post('/users', anna, home)
  await guessUntilStopped(system, home)
  await system.post('/users/confirmations', { email, code: await system.lastCode(email) }, home)
  await system.signIn(anna, home)
})

test('right passwords use up nothing, however often', async (t) => {
  const system = await limited(t)
  await system.join()
  for (let i = 0; i < 130; i += 1) await system.signIn(anna, home)
})

test('a sign-in that was too busy to be looked at is no failed one', async (t) => {
  const limits = createLimits(true, () => 0)
  const real = createPasswords({ cost: cheap, atOnce: 1 })
  const busy = { now: false }
  const passwords: typeof real = {
    hash: real.hash,
    async verify(given, stored) {
      if (busy.now) throw Object.assign(new Error('busy'), { statusCode: 503 })
      return await real.verify(given, stored)
    },
  }
  const system = await open(t, { limits, passwords })
  await system.join()
  busy.now = true
  for (let i = 0; i < 30; i += 1) assert.ok((await system.post('/sessions', anna, home)).status >= 500)
  busy.now = false
  await system.signIn(anna, home)
})

test('a source cannot have mails sent without end, whatever the addresses', async (t) => {
  const system = await limited(t)
  const ways = [
    (to: string) => system.post('/users', { email: to, password }, home),
    (to: string) => system.post('/users/confirmations/resend', { email: to }, home),
    (to: string) => system.post('/password-resets', { email: to }, home),
  ]
  let count = 0
  for (let status = 0; status !== 429; count += 1) {
    status = (await ways[count % 3]?.(`user${count}@example.org`))?.status ?? 429
  }
  assert.equal(count, 61)
  assert.equal((await system.post('/password-resets', { email }, '192.0.2.2')).status, 202)
})

test('a source can spoil only so many codes of an address, and none that is tried elsewhere', async (t) => {
  const system = await limited(t)
  await system.post('/users', anna, home)
  const code = await system.lastCode(email)
  let tries = 0
  const body = { email, code: otherCode(code) }
  while ((await system.post('/users/confirmations', body, '198.51.100.7')).status === 422) tries += 1
  assert.equal(tries, 20)
  await system.post('/users/confirmations/resend', { email }, home)
  const fresh = { email, code: await system.lastCode(email) }
  assert.equal((await system.post('/users/confirmations', fresh, home)).status, 204)
})

test('a source may ask for so much at once, and health is answered anyhow', async (t) => {
  const system = await limited(t)
  let count = 0
  while ((await system.request('GET', '/.well-known/jwks.json', { from: home })).status === 200) count += 1
  assert.equal(count, 300)
  assert.equal((await system.request('GET', '/livez', { from: home })).status, 200)
  assert.equal((await system.request('GET', '/.well-known/jwks.json', { from: '192.0.2.2' })).status, 200)
  system.time.ms += 200
  assert.equal((await system.request('GET', '/.well-known/jwks.json', { from: home })).status, 200)
})

test('notices of sign-ups with a taken address have a share of their own, so that the owner still gets codes', async (t) => {
  const system = await open(t, { mailLimits: standardMailLimits })
  await system.join()
  for (let i = 0; i < 30; i += 1) assert.equal((await system.post('/users', anna)).status, 201)
  assert.equal((await system.messages('mail.sendNotice')).length, 5)
  for (let i = 0; i < 4; i += 1) await system.post('/password-resets', { email })
  assert.equal((await system.messages('mail.sendCode')).length, 5)
})
