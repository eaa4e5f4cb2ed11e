import assert from 'node:assert/strict'
import { test } from 'node:test'
import { permanent } from './errors.ts'
import { on } from './handler.ts'
import { noteContract, openByHand } from './test/by-hand.ts'

test('the inbox forgets what ended long ago, and never what waits', async () => {
  const handler = on(noteContract(), 'reader', ({ n }) => {
    if (n === 0) throw permanent('never')
  })
  const minute = 60_000
  await using hand = await openByHand({ handlers: [handler], rememberMs: 60 * minute })
  for (let n = 0; n < 1_200; n += 1) await hand.handOut({ n })
  await hand.clock.advance(55 * minute)
  for (let n = 2_000; n < 2_010; n += 1) await hand.handOut({ n })
  await hand.clock.advance(15 * minute)
  const rows = await hand.rows('SELECT state, count(*) AS n FROM vestnik_inbox GROUP BY state ORDER BY state')
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      { state: 'dead', n: 1 },
      { state: 'done', n: 10 },
    ],
  )
})
