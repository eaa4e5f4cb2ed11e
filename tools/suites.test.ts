import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesOf, suites } from './suites.ts'

const suiteOf = (path: string) => suites.filter((suite) => filesOf(suite, [path]).length > 0).map(({ name }) => name)

test('every test file is in exactly one suite', () => {
  assert.deepEqual(suiteOf('packages/bus/policy.test.ts'), ['pure'])
  assert.deepEqual(suiteOf('packages/bus/kill.process.test.ts'), ['process'])
  assert.deepEqual(suiteOf('services/users/store/users.test.ts'), ['pure'])
  assert.deepEqual(suiteOf('packages/store-sqlite/sync.trace.test.ts'), ['trace'])
  assert.deepEqual(suiteOf('e2e/quick-start.test.ts'), ['e2e'])
  assert.deepEqual(suiteOf('tools/mutants/bus.test.ts'), ['mutants'])
})
