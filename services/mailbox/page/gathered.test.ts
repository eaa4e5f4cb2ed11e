/** Work that is asked for often is done once at a time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gathered } from './gathered.js'

test('calls during a run make it run once more', async () => {
  let runs = 0
  const work = gathered(async () => {
    runs += 1
    await new Promise(setImmediate)
  })
  await Promise.all([work(), work(), work()])
  assert.equal(runs, 2)
  await work()
  assert.equal(runs, 3)
})

test('work that fails rejects, and runs again when it is asked for', async () => {
  let fails = true
  const work = gathered(async () => {
    if (fails) throw new Error('away')
  })
  await assert.rejects(work(), /away/)
  fails = false
  await work()
})
