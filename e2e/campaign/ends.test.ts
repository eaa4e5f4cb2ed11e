/** An end by an error that nobody handled is told from every other end. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sentence, unhandledIn } from './ends.ts'

const line = (msg: string) => JSON.stringify({ level: 'fatal', service: 'users', err: { message: 'why' }, msg })

test('a service that ended by an error that nobody handled is found by its last line', () => {
  assert.equal(unhandledIn(line(sentence)), `${sentence}: why`)
})

test('an end in order, a start without a database, and words of others are none', () => {
  for (const other of [line('stopped'), line('stopped by an error'), sentence, `{"msg":"${sentence}`, '']) {
    assert.equal(unhandledIn(other), undefined)
  }
})

test('services say it in these words', () => {
  const source = readFileSync(new URL('../../packages/service/run.ts', import.meta.url), 'utf8')
  assert.ok(source.includes(`'${sentence}'`))
})
