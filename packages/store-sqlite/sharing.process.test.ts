/** Several processes on one file, and a process that only has it open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from './child.fixture.ts'
import { look, openScratch, run, scratchPath } from './scratch.fixture.ts'

const program = './program.fixture.ts'

test('processes that write one file lose nothing, and none is starved', { timeout: 60_000 }, async (t) => {
  const path = scratchPath(t)
  const store = await openScratch(t, path)
  await run(store, 'CREATE TABLE sum (n)')
  await run(store, 'INSERT INTO sum VALUES (0)')
  const children = [1, 2, 3].map(() => start(t, program, [path, 'flood', '3000']))
  const ends = await Promise.all(children.map((child) => child.ended))
  assert.deepEqual(ends, [0, 0, 0])
  const told = children.map(({ lines }) => (lines[0] ?? '').split(' ').map(Number))
  const counts = told.map(([count = 0]) => count)
  const sum = counts.reduce((a, b) => a + b)
  assert.deepEqual(await look(store, 'SELECT n FROM sum'), [{ n: sum }])
  assert.ok(Math.min(...counts) > sum / 3 / 3, `shares: ${counts}`)
  assert.ok(
    told.every(([, worstMs = 0]) => worstMs < 1000),
    'no transaction waits for a second',
  )
})

test('an idle watcher uses hardly any processor', { timeout: 60_000 }, async (t) => {
  const child = start(t, program, [scratchPath(t), 'idle'])
  assert.equal(await child.ended, 0)
  const [perSecondMs, ...others] = child.lines
  assert.deepEqual(others, [], 'nobody wakes it')
  assert.ok(Number(perSecondMs) < 10, `${perSecondMs} ms of processor a second`)
})

test('a program that does not close its store ends by itself, and what it was told is there', {
  timeout: 60_000,
}, async (t) => {
  const path = scratchPath(t)
  const child = start(t, program, [path, 'leave'])
  assert.equal(await child.ended, 0)
  assert.deepEqual(child.lines, ['left with 1 threads'])
  const store = await openScratch(t, path)
  assert.deepEqual(await look(store, 'SELECT count(*) AS n FROM mark'), [{ n: 40 }])
})
