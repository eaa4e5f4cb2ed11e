/** The threads that hash: the same hashes as elsewhere, below everybody else, and none is missed when one fails. */
import assert from 'node:assert/strict'
import { argon2Sync, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { startHashingThreads } from './hashing-threads.ts'

const parametersOf = (message: string) => ({
  message,
  nonce: randomBytes(16),
  parallelism: 1,
  tagLength: 32,
  memory: 64,
  passes: 1,
})

test('each gets the hash of its own parameters, and more at once than there are threads', async () => {
  await using hashing = startHashingThreads(1)
  const asked = ['correct horse', 'battery', 'ключ', ''].map(parametersOf)
  const found = await Promise.all(asked.map(hashing.derive))
  for (const [i, parameters] of asked.entries()) {
    assert.deepEqual(Buffer.from(found[i] ?? []), argon2Sync('argon2id', parameters))
  }
})

test('what cannot be hashed is rejected, and the next is hashed', async () => {
  await using hashing = startHashingThreads(1)
  await assert.rejects(hashing.derive({ ...parametersOf('a'), tagLength: 1 }), { name: 'RangeError' })
  assert.equal((await hashing.derive(parametersOf('b'))).length, 32)
})

const withoutEffect = (process.platform !== 'linux' || getPriority() >= 10) && 'only on Linux, by a process above them'

test('on Linux they give way to all other threads', { skip: withoutEffect }, async () => {
  const own = getPriority()
  const before = niceOfThreads()
  await using hashing = startHashingThreads(2)
  await Promise.all(['a', 'b'].map((message) => hashing.derive(parametersOf(message))))
  const after = niceOfThreads()
  const nice = [...after].filter(([id]) => !before.has(id)).map(([, nice]) => nice)
  assert.deepEqual(
    nice.filter((nice) => nice > own),
    [10, 10],
  )
  for (const [id, nice] of before) assert.equal(after.get(id), nice)
})

/** By thread. */
function niceOfThreads(): Map<string, number> {
  const ids = readdirSync('/proc/self/task')
  return new Map(ids.map((id) => [id, niceIn(readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))]))
}

/** The 19th field; the second is in parentheses and may hold anything. */
const niceIn = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
