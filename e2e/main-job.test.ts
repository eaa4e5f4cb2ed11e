/** The main job: who signs in is printed and listed once by the gateway, whichever process is killed in between. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { UserLoggedIn } from '@vestnik/contracts'
import { signUp } from '../tools/client/person.ts'
import { lineOf, signIn, tryLogins } from './person.ts'
import { type System, startSystem } from './system.ts'
import { until } from './until.ts'

const anna = { email: 'anna@example.org', password: 'correct horse' }

test('sign up, sign in: the line is printed, and the sign-in is listed once', { timeout: 60_000 }, async (t) => {
  const system = await startSystem(t)
  t.diagnostic(system.lines.find((line) => line.includes('| ready after')) ?? '')
  assert.equal(await signUp(system, anna), 1)
  const before = Date.now()
  const token = await signIn(system.url, anna)
  const [login] = await listed(system, token, 1)
  assert.equal(login?.userId, 1)
  const at = Date.parse(login?.timestamp ?? '')
  assert.ok(at >= before && at <= Date.now())
  await until('the line is printed', () => system.printed().length > 0)
  assert.deepEqual(system.printed(), login && [lineOf(login)])
  assert.match(system.printed()[0] ?? '', /^User logged in with information: \{"userId":1,"timestamp":"[^"]+Z"\}$/)
  await assertLike(system, t)
})

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** What else a person meets on the way. */
async function assertLike({ url, urls }: System, t: TestContext): Promise<void> {
  await t.test('a wrong password is 401, a wrong token 401, a bad field 400, each a problem', async () => {
    const answers = [
      [401, await post(`${url}/sessions`, { ...anna, password: 'wrong horse' })],
      [401, await fetch(`${url}/logins`, { headers: { authorization: 'Bearer a.b.c', 'x-user-id': '1' } })],
      [400, await post(`${url}/users`, { email: 'anna' })],
      [404, await fetch(`${url}/nowhere`)],
    ] as const
    for (const [status, answer] of answers) {
      assert.equal(answer.status, status)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
      await answer.body?.cancel()
    }
  })
  await t.test('each service tells of its health and its metrics', async () => {
    for (const url of Object.values(urls)) {
      for (const path of ['livez', 'readyz', 'metrics']) {
        const answer = await fetch(`${url}/${path}`)
        assert.equal(answer.status, 200)
        await answer.body?.cancel()
      }
    }
  })
}

test('a gateway that is killed before it received the sign-in lists it once', { timeout: 60_000 }, async (t) => {
  const system = await startSystem(t)
  await signUp(system, anna)
  // Stopped, it receives nothing more: what is published now waits at the broker, or in the users service.
  system.signal('gateway', 'SIGSTOP')
  const token = await signIn(system.urls.users, anna)
  system.signal('gateway', 'SIGKILL')
  await assertOnce(system, token)
})

test('a gateway that is killed right after the answer lists the sign-in once', { timeout: 60_000 }, async (t) => {
  const system = await startSystem(t)
  await signUp(system, anna)
  const token = await signIn(system.url, anna)
  system.signal('gateway', 'SIGKILL')
  await assertOnce(system, token)
})

test('a users service that is killed right after the answer has lost nothing', { timeout: 60_000 }, async (t) => {
  const system = await startSystem(t)
  await signUp(system, anna)
  const token = await signIn(system.urls.users, anna)
  system.signal('users', 'SIGKILL')
  await assertOnce(system, token)
})

async function assertOnce(system: System, token: string): Promise<void> {
  const [login] = await listed(system, token, 1)
  assert.ok(login)
  await until('the line is printed', () => system.printed().length > 0)
  for (const line of system.printed()) assert.equal(line, lineOf(login))
  assert.equal((await listed(system, token, 1)).length, 1)
}

/** The sign-ins, when there are at least so many. */
async function listed(system: System, token: string, count: number): Promise<readonly UserLoggedIn[]> {
  let items: readonly UserLoggedIn[] = []
  const enough = async () => {
    items = (await tryLogins(system.url, token)) ?? []
    return items.length >= count
  }
  await until(`${count} sign-ins are listed`, enough, 20_000, () => [items, system.lines])
  assert.equal(items.length, count)
  return items
}
