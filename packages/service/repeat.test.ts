/** Repeated work goes on after an error, never runs twice at once, and ends when it is told to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { repeat } from './repeat.ts'

test('work is repeated also after an error, one run at a time, until it is ended', async () => {
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const thrice = Promise.withResolvers<void>()
  let runs = 0
  let running = 0
  const repeated = repeat(1, log, async () => {
    assert.equal(running, 0)
    running += 1
    runs += 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    running -= 1
    if (runs === 1) throw new Error('the first time')
    if (runs === 3) thrice.resolve()
  })
  await thrice.promise
  await repeated[Symbol.asyncDispose]()
  const ended = runs
  assert.equal(running, 0)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(runs, ended)
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /the first time/)
})
