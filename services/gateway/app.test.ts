/** The sign-ins that the gateway received: printed, and listed to their own user only. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userLoggedIn } from '@vestnik/contracts'
import { openGateway } from './gateway.fixture.ts'

const second = (n: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString()

test('each sign-in is printed and listed once, the newest first, to its own user only', async (t) => {
  const { bus, printer, printed, signIn, logins } = await openGateway(t)
  for (const n of [1, 2, 3]) await signIn(1, second(n))
  await signIn(2, second(9))
  await bus.settled()
  await printer.close()
  const items = [3, 2, 1].map((n) => ({ userId: 1, timestamp: second(n) }))
  assert.deepEqual((await logins()).json(), { items, page: 1, pageSize: 20, total: 3 })
  assert.equal((await logins('', 2)).json().total, 1)
  assert.equal((await logins('', 3)).json().total, 0)
  const lines = printed.join('').trimEnd().split('\n')
  assert.equal(lines.length, 4)
  assert.ok(lines.includes(`User logged in with information: {"userId":2,"timestamp":"${second(9)}"}`))
})

test('a sign-in that a peer sends twice is listed and printed once', async (t) => {
  const { bus, printer, printed, transport, logins } = await openGateway(t)
  const body = Buffer.from(JSON.stringify({ userId: 1, timestamp: second(5) }))
  const message = { id: '', topic: userLoggedIn.topic, key: '1', headers: {}, body }
  await transport.publish([message])
  await transport.publish([message])
  await until(async () => (await logins()).json().total > 0)
  await bus.settled()
  await printer.close()
  assert.equal((await logins()).json().total, 1)
  assert.equal(printed.join('').trimEnd().split('\n').length, 1)
})

async function until(fact: () => Promise<boolean>): Promise<void> {
  const late = AbortSignal.timeout(5000)
  while (!(await fact())) {
    late.throwIfAborted()
    await new Promise(setImmediate)
  }
}

test('sign-ins come in pages', async (t) => {
  const { bus, signIn, logins } = await openGateway(t)
  await Promise.all(Array.from({ length: 45 }, (_, n) => signIn(1, second(n))))
  await bus.settled()
  const pages = await Promise.all([1, 2, 3, 4].map(async (page) => (await logins(`?page=${page}`)).json()))
  assert.deepEqual(
    pages.map(({ items }) => items.length),
    [20, 20, 5, 0],
  )
  assert.ok(pages.every(({ total }) => total === 45))
  const all = pages.flatMap(({ items }) => items.map((item: { timestamp: string }) => item.timestamp))
  assert.deepEqual(
    all,
    Array.from({ length: 45 }, (_, n) => second(44 - n)),
  )
  assert.equal((await logins('?pageSize=100')).json().items.length, 45)
})

for (const query of [
  'page=0',
  'page=-1',
  'page=x',
  'page=1.5',
  'page=99999999',
  'pageSize=0',
  'pageSize=101',
  'page=',
  'userId=2',
  'page=1&page=2',
]) {
  test(`/logins?${query} is answered 400 and names the field`, async (t) => {
    const answer = await (await openGateway(t)).logins(`?${query}`)
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().errors[0].field, query.split('=')[0])
  })
}

test('without a token nothing is listed, whatever other headers say', async (t) => {
  const { http } = await openGateway(t)
  const answer = await http.inject({ url: '/logins', headers: { 'x-user-id': '1' } })
  assert.equal(answer.statusCode, 401)
  assert.equal(answer.headers['www-authenticate'], 'Bearer')
})
