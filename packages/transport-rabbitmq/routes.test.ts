import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRoutes } from './routes.ts'
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
    (entries, exists) => exists && resolve(entries),
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
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const routes = createRoutes<string>(
    async () => {
      asked += 1
      if (asked < 3) throw new Error('nobody answers')
      return undefined
    },
    (_entries, exists) => resolve(exists),
  )
  routes.wait('t', 'a')
  assert.equal(await promise, false)
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
  assert.deepEqual(routes.takeWaiting(), ['a'])
  await new Promise((resolve) => setTimeout(resolve, 250))
  assert.equal(asked, 1)
})
