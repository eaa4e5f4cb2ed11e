import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate, openLog } from '@vestnik/service'
import { openTestBus } from '@vestnik/testing'
import { createApp, handlers } from './app.ts'
import { filmRented } from './film-rented.ts'
import { migrations } from './migrations.ts'

const until = '2026-01-19T15:32:26.486Z'

test('the films that are rented most come first', async () => {
  await using bus = await openTestBus({ handlers, publishes: [filmRented] })
  await migrate(bus.store, 'popular', migrations)
  for (const [i, filmId] of [38, 7, 38].entries()) {
    await bus.store.transaction((tx) => bus.publish(tx, filmRented, { rentalId: i + 1, userId: 1, filmId, until }))
  }
  await bus.settled()

  const health = async () => ({ judged: {}, reported: {} })
  const http = createApp(bus.store, { log: openLog('popular'), health })
  const answer = await http.inject('/popular')
  assert.deepEqual(answer.json(), {
    items: [
      { filmId: 38, rentals: 2 },
      { filmId: 7, rentals: 1 },
    ],
  })
  await http.close()
})
