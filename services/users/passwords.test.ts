/** Hashes are argon2id with their parameters, and tell right from wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPasswords, standardCost } from './passwords.ts'

const cheap = { memoryKiB: 64, passes: 1, lanes: 1 }

test('only the right password is right, and an unknown account never is', async () => {
  const passwords = createPasswords({ cost: cheap, atOnce: 2 })
  const stored = await passwords.hash('correct horse')
  assert.match(stored, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
  assert.deepEqual(await passwords.verify('correct horse', stored), { right: true, outdated: false })
  assert.deepEqual(await passwords.verify('wrong horse', stored), { right: false, outdated: false })
  assert.equal((await passwords.verify('correct horse', undefined)).right, false)
  assert.notEqual(await passwords.hash('correct horse'), stored)
})

test('a hash of lower cost is still right, and outdated', async () => {
  const stored = await createPasswords({ cost: cheap, atOnce: 1 }).hash('correct horse')
  const stronger = createPasswords({ cost: { ...cheap, passes: 2 }, atOnce: 1 })
  assert.deepEqual(await stronger.verify('correct horse', stored), { right: true, outdated: true })
})

test('the standard cost is at least what OWASP asks for', () => {
  assert.ok(standardCost.memoryKiB >= 19 * 1024 && standardCost.passes >= 2)
})
