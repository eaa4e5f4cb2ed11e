/** How often one source may ask, whatever it says of itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Context, openGateway, playService } from './gateway.fixture.ts'
import { createLimits, type RateName, rates } from './limits.ts'

async function openLimited(t: Context, trustProxy: readonly string[] = []) {
  let nowMs = 0
  const { url } = await playService(t)
  const limits = createLimits(true, { now: () => nowMs })
  const { http } = await openGateway(t, { usersUrl: url, filmsUrl: url, limits, http: { trustProxy } })
  const ask = (call: string, remoteAddress = '5.5.5.5', headers: Record<string, string> = {}) => {
    const [method, url] = call.split(' ')
    const payload = method === 'POST' ? { payload: {} } : {}
    return http.inject({
      method: method as 'GET',
      url: String(url),
      remoteAddress,
      headers: { authorization: 'user 1', ...headers },
      ...payload,
    })
  }
  /** How many of so many are answered with something else than 429. */
  const passed = async (n: number, once: (i: number) => ReturnType<typeof ask>) => {
    const answers = await Promise.all(Array.from({ length: n }, (_, i) => once(i)))
    return answers.filter(({ statusCode }) => statusCode !== 429).length
  }
  const wait = (ms: number): void => {
    nowMs += ms
  }
  return { ask, passed, wait }
}

const strict: readonly (readonly [call: string, rate: RateName])[] = [
  ['POST /sessions', 'signIns'],
  ['POST /sessions/refresh', 'refreshes'],
  ['POST /users', 'mails'],
  ['POST /users/confirmations/resend', 'mails'],
  ['POST /password-resets', 'mails'],
  ['POST /films/1/rentals', 'mails'],
  ['POST /users/confirmations', 'codes'],
  ['POST /password-resets/confirm', 'codes'],
  ['POST /rentals/1/confirmation', 'codes'],
]

for (const [call, rate] of strict) {
  test(`${call} passes ${rates[rate].burst} times at once from one source, then answers 429 and when to come again`, async (t) => {
    const { ask, passed, wait } = await openLimited(t)
    const { burst, everyMs } = rates[rate]
    assert.equal(await passed(burst + 5, () => ask(call)), burst)
    const answer = await ask(call)
    assert.equal(answer.statusCode, 429)
    assert.equal(answer.headers['retry-after'], String(Math.ceil(everyMs / 1000)))
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.equal((await ask(call, '6.6.6.6')).statusCode, 200)
    wait(everyMs)
    assert.equal(await passed(3, () => ask(call)), 1)
  })
}

test('calls of one kind share a rate, so that going round them gains nothing', async (t) => {
  const { ask, passed } = await openLimited(t)
  const { burst } = rates.mails
  assert.equal(await passed(burst, (i) => ask(i % 2 ? 'POST /users' : 'POST /password-resets')), burst)
  assert.equal((await ask('POST /users/confirmations/resend')).statusCode, 429)
})

test('everything together is limited too: paths that are not there, bad tokens, the page of the API', async (t) => {
  const { ask, passed } = await openLimited(t)
  const all = ['GET /films', 'GET /nowhere', 'GET /users/me', 'DELETE /films', 'GET /logins?page=x']
  assert.equal(await passed(rates.any.burst + 50, (i) => ask(String(all[i % all.length]))), rates.any.burst)
  for (const health of ['GET /livez', 'GET /readyz', 'GET /metrics']) {
    assert.equal((await ask(health)).statusCode, 200)
  }
})

const dodges: readonly (readonly [title: string, headers: (i: number) => Record<string, string>])[] = [
  ['X-Forwarded-For', (i) => ({ 'x-forwarded-for': `7.7.7.${i}` })],
  ['a chain of X-Forwarded-For', (i) => ({ 'x-forwarded-for': `7.7.7.${i}, 127.0.0.1` })],
  ['Forwarded', (i) => ({ forwarded: `for=7.7.7.${i}` })],
  ['X-Real-IP', (i) => ({ 'x-real-ip': `7.7.7.${i}` })],
  ['True-Client-IP', (i) => ({ 'true-client-ip': `7.7.7.${i}` })],
  ['another User-Agent', (i) => ({ 'user-agent': `agent ${i}` })],
  ['another token', (i) => ({ authorization: `user ${i + 1}` })],
]

for (const [title, headers] of dodges) {
  test(`${title} does not make another source`, async (t) => {
    const { ask, passed } = await openLimited(t)
    assert.equal(
      await passed(rates.signIns.burst + 10, (i) => ask('POST /sessions', '5.5.5.5', headers(i))),
      rates.signIns.burst,
    )
  })
}

test('a way to write the path or the method does not make another call', async (t) => {
  const { ask, passed } = await openLimited(t)
  const urls = ['/sessions', '/sessions?a=1', '/sessions?b', '/sessions?', '/%73essions', '/sess%69ons']
  const answers = await passed(rates.signIns.burst + 10, (i) => ask(`POST ${urls[i % urls.length]}`))
  assert.equal(answers, rates.signIns.burst)
})

test('all addresses of one IPv6 network are one source', async (t) => {
  const { ask, passed } = await openLimited(t)
  assert.equal(
    await passed(rates.signIns.burst + 10, (i) => ask('POST /sessions', `2001:db8:1:2::${i + 1}`)),
    rates.signIns.burst,
  )
  assert.equal((await ask('POST /sessions', '2001:db8:1:3::1')).statusCode, 200)
})

test('behind a trusted proxy the source is the last address that it did not make itself', async (t) => {
  const { ask, passed } = await openLimited(t, ['10.0.0.1'])
  const through = (forwarded: string) => ask('POST /sessions', '10.0.0.1', { 'x-forwarded-for': forwarded })
  assert.equal(await passed(rates.signIns.burst + 10, (i) => through(`7.7.7.${i}, 8.8.8.8`)), rates.signIns.burst)
  assert.equal((await through('7.7.7.7, 9.9.9.9')).statusCode, 200)
})
