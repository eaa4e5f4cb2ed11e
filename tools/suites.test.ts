import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listFiles } from './repository.ts'
import { filesOf, suites } from './suites.ts'

const once = suites.filter(({ again }) => again === undefined)
const suiteOf = (path: string) => once.filter((suite) => filesOf(suite, [path]).length > 0).map(({ name }) => name)

test('every test file of the repository is in exactly one suite', () => {
  const all = listFiles('**/*.test.ts')
  assert.ok(all.includes('tools/suites.test.ts'))
  assert.deepEqual(once.flatMap((suite) => filesOf(suite, all)).sort(), all)
  assert.deepEqual(suiteOf('elsewhere/lost.test.ts'), [])
})

test('a file is in the most special suite that its name or folder fits', () => {
  assert.deepEqual(suiteOf('packages/bus/policy.test.ts'), ['pure'])
  assert.deepEqual(suiteOf('packages/bus/kill.process.test.ts'), ['process'])
  assert.deepEqual(suiteOf('services/users/store/users.test.ts'), ['pure'])
  assert.deepEqual(suiteOf('packages/store-sqlite/sync.trace.test.ts'), ['trace'])
  assert.deepEqual(suiteOf('services/mailbox/page.browser.test.ts'), ['browser'])
  assert.deepEqual(suiteOf('e2e/quick-start.test.ts'), ['e2e'])
  assert.deepEqual(suiteOf('packages/transport-rabbitmq/laws.rabbitmq.test.ts'), ['rabbitmq'])
  assert.deepEqual(suiteOf('e2e/story.rabbitmq.test.ts'), ['rabbitmq'])
  assert.deepEqual(suiteOf('packages/store-postgres/laws.postgres.test.ts'), ['postgres'])
  assert.deepEqual(suiteOf('packages/transport-kafka/laws.kafka.test.ts'), ['kafka'])
  assert.deepEqual(suiteOf('e2e/story.kafka.test.ts'), ['kafka'])
  assert.deepEqual(suiteOf('deploy/compose.docker.test.ts'), ['docker'])
  assert.deepEqual(suiteOf('tools/mutants/bus.test.ts'), ['mutants'])
  assert.deepEqual(suiteOf('bench/bench.process.test.ts'), ['process'])
  assert.deepEqual(suiteOf('examples/your-own-database/your-own-database.test.ts'), ['pure'])
})

test('only suites of containers may lack what they need, and only those on Kafka are left out of CI', () => {
  assert.deepEqual(
    suites.filter(({ mayLack }) => mayLack).map(({ name }) => name),
    ['docker', 'docker-kafka'],
  )
  assert.deepEqual(
    suites.filter(({ only }) => only === 'named').map(({ name }) => name),
    ['docker-kafka'],
  )
})

test('what runs again is in a suite of its own kind already', () => {
  for (const suite of suites.filter(({ again }) => again)) {
    const files = filesOf(suite)
    assert.ok(files.length > 0)
    for (const path of files) assert.deepEqual(suiteOf(path), ['pure'])
  }
})
