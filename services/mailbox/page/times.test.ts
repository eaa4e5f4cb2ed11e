/** When something came, as the list says it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullTime, shortTime } from './times.js'

const at = (text: string): Date => new Date(text)

test('the last hour is told in minutes, today by the clock, and what is older by the day', () => {
  const now = at('2026-11-22T15:30:00').getTime()
  const short = (text: string) => shortTime(at(text).toISOString(), now)
  assert.equal(short('2026-11-22T15:29:30'), 'now')
  assert.equal(short('2026-11-22T15:18:00'), '12 min')
  assert.equal(short('2026-11-22T09:05:00'), '09:05')
  assert.equal(short('2026-11-21T23:59:00'), '21 Nov')
})

test('a clock that is behind the server changes nothing', () => {
  assert.equal(shortTime('2026-11-22T15:00:05Z', at('2026-11-22T15:00:00Z').getTime()), 'now')
})

test('the whole time names the day', () => {
  assert.match(fullTime(at('2026-11-22T09:05:00').toISOString()), /^Sunday,? 22 November 2026.* 09:05:00$/)
})
