/** What the command line may say, and what is told to whom says something else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../../tools/command-line.ts'
import { readOptions } from './options.ts'
import { commandOf } from './report.ts'

const read = (...words: string[]) => readOptions(words, () => 42)

test('what is not said has its default, and the seed is drawn', () => {
  const usual = {
    broker: 'sqlite',
    database: 'sqlite',
    minutes: 1,
    seed: 42,
    instances: 1,
    patienceSeconds: 100,
    write: false,
  }
  assert.deepEqual(read(), usual)
})

test('the command of a report is read as what it was', () => {
  const words = '--broker kafka --database postgres --minutes 3 --seed 7 --instances 2'
  const options = read(...words.split(' '))
  assert.ok(options)
  assert.equal(commandOf(options), `npm run campaign -- ${words}`)
})

for (const [words, told] of [
  ['--broker rabbit', /--broker is "rabbit": it must be one of sqlite, amqp, kafka, both/],
  ['--database mysql', /--database is "mysql": it must be one of sqlite, postgres/],
  ['--minutes 0', /--minutes is "0": it must be a number from 0.1 to 1440/],
  ['--seed x', /--seed is "x": it must be a whole number/],
  ['--instances 2', /--instances is "2".*need --database postgres/],
  ['--faults all', /--faults/],
] as const) {
  test(`${words} is refused, with what is allowed`, () => {
    assert.throws(
      () => read(...words.split(' ')),
      (error) => error instanceof UsageError && told.test(error.message),
    )
  })
}
