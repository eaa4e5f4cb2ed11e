import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestBus } from '@vestnik/testing'
import { keepLogin, userLoggedIn } from './your-service.ts'

test('a sign-in is kept once, though the first try fails', async () => {
  await using bus = await openTestBus({ handlers: [keepLogin] })
  await bus.store.transaction((tx) => tx.query('CREATE TABLE logins (user_id INTEGER, at TEXT)', []))

  const login = { userId: 13, timestamp: '2026-01-17T15:32:26.486Z' }
  await bus.store.transaction((tx) => bus.publish(tx, userLoggedIn, login))
  await bus.settled()

  const rows = await bus.store.read((tx) => tx.query('SELECT user_id FROM logins', []))
  assert.deepEqual(
    rows.map(({ user_id }) => user_id),
    [13],
  )
})
