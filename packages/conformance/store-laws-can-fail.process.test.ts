/** Every law of stores is broken by some fault that is made for it, and finds it. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Store } from '@vestnik/bus'
import { BusError, type Code } from '@vestnik/bus/errors'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { assertFound } from './finding.fixture.ts'
import { keepLaw } from './law.ts'
import { type StoreConformance, storeLaws, storeSuite } from './store-conformance.ts'
import { storeFaults } from './store-faults.fixture.ts'

const folder = await mkdtemp(join(tmpdir(), 'vestnik-faults-'))
after(() => rm(folder, { recursive: true }))
const path = join(folder, 'store.db')
const patienceMs = 3000

for (const { fault, breaks } of storeFaults) {
  test(`a store is found that ${fault}`, async () => {
    const open = { module: import.meta.resolve('./store-faults.fixture.ts'), export: 'openBrokenStore' }
    for (const sentence of breaks) {
      await assertFound(sentence, suiteOf({ open: { ...open, argument: { path, fault } } }))
    }
  })
}

test('a commit of which nobody knows is found when it is told as failed, and when it is told as done', async () => {
  const sentence = 'a commit whose outcome nobody knows is never told as done or as failed'
  await keepLaw(lawOf(sentence), suiteOf({ unknownCommits: () => openTelling('COMMIT_UNKNOWN') }))
  await assertFound(sentence, suiteOf({ unknownCommits: () => openTelling('COMMIT_FAILED') }))
  await assertFound(sentence, suiteOf({ unknownCommits: () => openSqliteStore(path) }))
})

test('a commit that is told as failed is found when it took place', async () => {
  const sentence = 'a commit that is refused rejects with COMMIT_FAILED, and nothing of it is there'
  await assertFound(sentence, suiteOf({ failedCommits: () => openTelling('COMMIT_FAILED') }))
})

test('there is a fault for every law', () => {
  const found = new Set(storeFaults.flatMap(({ breaks }) => breaks))
  const others = storeLaws.filter(({ needs }) => needs.length === 0)
  assert.deepEqual(
    others.map(({ sentence }) => sentence).filter((sentence) => !found.has(sentence)),
    [],
  )
})

function lawOf(sentence: string) {
  const law = storeLaws.find((it) => it.sentence === sentence)
  assert.ok(law, `no law "${sentence}"`)
  return law
}

const suiteOf = (facts: Partial<StoreConformance>) =>
  storeSuite({ name: 'broken', open: () => openSqliteStore(path), patienceMs, ...facts })

/** Commits, and then says something else of it. */
async function openTelling(code: Code): Promise<Store> {
  const store = await openSqliteStore(path)
  return {
    ...store,
    async transaction(work) {
      await store.transaction(work)
      throw new BusError(code, 'commit: so it is told')
    },
  }
}
