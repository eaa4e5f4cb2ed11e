/** A line is printed after its commit, once, and kept while it cannot be printed. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@vestnik/bus'
import { BusError } from '@vestnik/bus/errors'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { openTestStore } from '../../tools/databases/test-store.ts'
import { openPrinter } from './printer.ts'

const unexpected = { onError: (error: unknown) => assert.fail(String(error)) }

async function linesOf(store: Store): Promise<readonly unknown[]> {
  return (await store.read((tx) => tx.query('SELECT text FROM vestnik_lines ORDER BY seq', []))).map((row) => row.text)
}

test('committed lines are printed in order, each once, and are forgotten', async () => {
  await using store = await openTestStore()
  const printed: string[] = []
  const write = async (text: string) => void printed.push(text)
  const printer = await openPrinter(store, { ...unexpected, write })
  await Promise.all(Array.from({ length: 250 }, (_, i) => store.transaction((tx) => printer.print(tx, `line ${i}`))))
  await printer.close()
  assert.deepEqual(
    printed.join('').trimEnd().split('\n'),
    Array.from({ length: 250 }, (_, i) => `line ${i}`),
  )
  assert.deepEqual(await linesOf(store), [])
})

test('a line of a transaction that is rolled back is never printed', async () => {
  await using store = await openTestStore()
  const printed: string[] = []
  const write = async (text: string) => void printed.push(text)
  const printer = await openPrinter(store, { ...unexpected, write })
  const undone = store.transaction(async (tx) => {
    await printer.print(tx, 'never')
    throw new Error('undone')
  })
  await assert.rejects(undone, /undone/)
  await store.transaction((tx) => printer.print(tx, 'once'))
  await printer.close()
  assert.deepEqual(printed, ['once\n'])
})

test('a line is printed also when another commit wakes the printer before its own', { timeout: 10_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-printer-'))
  t.after(() => rm(folder, { recursive: true }))
  await using store = await openSqliteStore(join(folder, 'lines.db'))
  let wake = (): void => {}
  const watched: Store = {
    ...store,
    watch(given) {
      wake = given
      return store.watch(given)
    },
  }
  const printed = Promise.withResolvers<string>()
  await using printer = await openPrinter(watched, { ...unexpected, write: async (text) => printed.resolve(text) })
  const written = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  const held = store.transaction(async (tx) => {
    await printer.print(tx, 'late')
    written.resolve()
    await looked.promise
  })
  await written.promise
  wake()
  // Reads run in order: the printer's was before.
  assert.deepEqual(await linesOf(store), [])
  looked.resolve()
  await held
  assert.equal(await printed.promise, 'late\n')
})

test('a line that could not be printed stays for the next start', async () => {
  await using store = await openTestStore()
  const told = Promise.withResolvers<unknown>()
  const broken = async () => Promise.reject(new Error('nobody reads'))
  await using first = await openPrinter(store, { write: broken, onError: told.resolve })
  await store.transaction((tx) => first.print(tx, 'kept'))
  assert.match(String(await told.promise), /nobody reads/)
  assert.deepEqual(await linesOf(store), ['kept'])

  const printed: string[] = []
  const second = await openPrinter(store, { ...unexpected, write: async (text) => void printed.push(text) })
  await second.close()
  assert.deepEqual(printed, ['kept\n'])
  assert.deepEqual(await linesOf(store), [])
})

test('a line is printed once also when the database could not forget it at first', async () => {
  await using store = await openTestStore()
  let failures = 0
  const crowded: Store = {
    ...store,
    transaction(work) {
      return store.transaction(async (tx) => {
        const result = await work(tx)
        const left = await tx.query('SELECT count(*) AS count FROM vestnik_lines', [])
        if (printed.length > 0 && left[0]?.count === 0 && failures++ === 0) throw new BusError('TX_TOO_SLOW', 'late')
        return result
      })
    },
  }
  const printed: string[] = []
  const told: unknown[] = []
  const options = {
    onError: (error: unknown) => void told.push(error),
    write: async (text: string) => void printed.push(text),
  }
  await using printer = await openPrinter(crowded, options)
  await store.transaction((tx) => printer.print(tx, 'first'))
  while ((await linesOf(store)).length > 0) await sleep(20)
  await store.transaction((tx) => printer.print(tx, 'second'))
  while (printed.length < 2) await sleep(20)
  assert.deepEqual([printed, told.length], [['first\n', 'second\n'], 1])
})
