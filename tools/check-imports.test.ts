import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkImports } from './check-imports.ts'

const check = (files: Record<string, string>, declared: string[] = ['@vestnik/bus', '@vestnik/store-x', 'zod']) =>
  checkImports(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    () => new Set(declared),
  )

test('a transport may import its seam and the errors, and nothing else of the bus', () => {
  const good = `import type { Transport } from '@vestnik/bus/transport'\nimport { BusError } from '@vestnik/bus/errors'`
  assert.deepEqual(check({ 'packages/transport-x/index.ts': good }), [])
  const [breach] = check({ 'packages/transport-x/index.ts': `\nimport { on } from '@vestnik/bus'` })
  assert.match(breach ?? '', /^packages\/transport-x\/index\.ts:2: .*may not import @vestnik\/bus/)
  assert.equal(check({ 'packages/store-x/index.ts': `import type { T } from '@vestnik/bus/transport'` }).length, 1)
})

test('the bus imports nothing of ours, not even for a type', () => {
  assert.equal(check({ 'packages/bus/x.ts': `import type { T } from '@vestnik/store-x'` }).length, 1)
})

test('a relative import does not leave its package', () => {
  assert.equal(check({ 'packages/cli/x.ts': `import '../bus/index.ts'` }).length, 1)
  assert.deepEqual(check({ 'packages/cli/dead/x.ts': `import '../list.ts'` }), [])
})

test('what package.json does not declare may not be imported', () => {
  assert.equal(check({ 'packages/bus/x.ts': `import 'left-pad'` }).length, 1)
})

test('tests may import what they like', () => {
  const more = `import 'left-pad'\nimport '@vestnik/testing'\nimport '../testing/clock.ts'`
  assert.deepEqual(check({ 'packages/bus/x.test.ts': more, 'packages/bus/x.fixture.ts': more }), [])
})

test('contracts do no input and output', () => {
  assert.equal(check({ 'services/contracts/x.ts': `import 'node:fs'` }).length, 1)
  assert.deepEqual(check({ 'services/users/x.ts': `import 'node:fs'` }), [])
})

test('the bus names no broker, but in comments', () => {
  assert.deepEqual(check({ 'packages/bus/x.ts': `// like Kafka\nconst dialect = 'sqlite'` }), [])
  assert.equal(check({ 'packages/bus/x.ts': `if (url.startsWith('amqp:')) f()` }).length, 1)
  assert.equal(check({ 'packages/bus/x.ts': `const kafkaOffset = 1` }).length, 1)
})

test('files that import each other are found, but for types and threads', () => {
  const ring = check({
    'tools/a.ts': `import './b.ts'`,
    'tools/b.ts': `import './c.ts'`,
    'tools/c.ts': `import './a.ts'`,
  })
  assert.equal(ring.length, 1)
  assert.match(ring[0] ?? '', /tools\/a\.ts → tools\/b\.ts → tools\/c\.ts → tools\/a\.ts/)
  const types = { 'tools/a.ts': `import './b.ts'`, 'tools/b.ts': `import type { A } from './a.ts'` }
  assert.deepEqual(check(types), [])
  const thread = { 'tools/a.ts': `new Worker(new URL('./b.ts', import.meta.url))`, 'tools/b.ts': `import './a.ts'` }
  assert.deepEqual(check(thread), [])
})
