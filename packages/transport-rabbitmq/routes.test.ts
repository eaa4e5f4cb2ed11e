import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError, hasCode } from '@vestnik/bus/errors'
import { createRoutes, type Found } from './routes.ts'
import type { Route } from './topology.ts'

const route: Route = { kind: 'plain', queue: 'q' }

test('a topic is asked for once, and what waits for it goes on in its order', async () => {
  let asked = 0
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  const routes = createRoutes<string>(
    async () => {
      asked += 1
      return route
    },
    (entries, found) => found === 'found' && resolve(entries),
  )
  for (const entry of ['a', 'b', 'c']) routes.wait('t', entry)
  assert.equal(routes.isWaiting(), true)
  assert.deepEqual(await promise, ['a', 'b', 'c'])
  assert.deepEqual([asked, routes.of('t'), routes.isWaiting()], [1, route, false])
  routes.forget()
  assert.equal(routes.of('t'), undefined)
})

test('it is asked for again until there is an answer, and told when there is no such topic', async () => {
  let asked = 0
  const { promise, resolve } = Promise.withResolvers<Found>()
  const routes = createRoutes<string>(
    async () => {
      asked += 1
      if (asked < 3) throw new Error('nobody answers')
      return undefined
    },
    (_entries, found) => resolve(found),
  )
  routes.wait('t', 'a')
  assert.equal(await promise, 'missing')
  assert.equal(asked, 3)
})

test('when nothing waits any more it is not asked for either', async () => {
  let asked = 0
  const routes = createRoutes<string>(
    async () => {
      asked += 1
      throw new Error('nobody answers')
    },
    () => assert.fail('nothing waits'),
  )
  routes.wait('t', 'a')
  assert.deepEqual(
    routes.takeWaiting(() => true),
    ['a'],
  )
  await new Promise((resolve) => setTimeout(resolve, 250))
  assert.equal(asked, 1)
})

test('why there is no answer yet is known while it is asked for, and not any more when there is one', async () => {
  let failure: Error | undefined = new Error('404 or nobody there')
  const { promise, resolve } = Promise.withResolvers<Found>()
  const routes = createRoutes<string>(
    async () => {
      if (failure) throw failure
      return route
    },
    (_entries, found) => resolve(found),
  )
  routes.wait('t', 'a')
  while (!routes.trouble('t')) await new Promise(setImmediate)
  assert.match(routes.trouble('t')?.message ?? '', /look for the topic t: 404 or nobody there/)
  failure = undefined
  assert.equal(await promise, 'found')
  await new Promise(setImmediate)
  assert.equal(routes.trouble('t'), undefined)
})

test('a broker that refuses the question is not asked again', async () => {
  let asked = 0
  const { promise, resolve } = Promise.withResolvers<Found>()
  const routes = createRoutes<string>(
    async () => {
      asked += 1
      throw Object.assign(new Error('ACCESS_REFUSED'), { code: 403 })
    },
    (_entries, found) => resolve(found),
  )
  routes.wait('t', 'a')
  const found = await promise
  assert.ok(found instanceof BusError && hasCode(found, 'BROKER_REFUSED'), String(found))
  assert.match(found.message, /ACCESS_REFUSED/)
  assert.deepEqual([asked, routes.isWaiting()], [1, false])
})

test('only what has waited for long enough is taken out', async () => {
  const never = Promise.withResolvers<Route | undefined>()
  const routes = createRoutes<string>(
    () => never.promise,
    () => assert.fail('there is no answer'),
  )
  for (const [topic, entry] of [
    ['t', 'old'],
    ['t', 'new'],
    ['u', 'old'],
  ] as const)
    routes.wait(topic, entry)
  assert.deepEqual(
    routes.takeWaiting((entry) => entry === 'old'),
    ['old', 'old'],
  )
  assert.equal(routes.isWaiting(), true)
  assert.deepEqual(
    routes.takeWaiting(() => true),
    ['new'],
  )
  assert.equal(routes.isWaiting(), false)
})

test('a program error in what becomes of an answer is not taken for a broker that does not answer', async () => {
  let asked = 0
  const failed = Promise.withResolvers<unknown>()
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.once('unhandledRejection', failed.resolve)
  const routes = createRoutes<string>(
    async () => {
      asked += 1
      return route
    },
    () => {
      throw new RangeError('a mistake')
    },
  )
  routes.wait('t', 'a')
  assert.ok((await failed.promise) instanceof RangeError)
  for (const listener of others) process.on('unhandledRejection', listener)
  assert.equal(asked, 1)
})
