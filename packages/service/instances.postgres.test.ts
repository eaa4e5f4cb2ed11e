/** Several instances of one service start at once, and print on one database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@vestnik/bus/store'
import { openTwo, overlap } from '../../tools/databases/test-store.ts'
import { type Migration, migrate } from './migrate.ts'
import { onlyOne } from './only-one.ts'
import { openPrinter } from './printer.ts'

const steps: readonly Migration[] = [
  ['CREATE TABLE a (x INTEGER)', 'INSERT INTO a VALUES (1)'],
  ['CREATE INDEX a_by_x ON a (x)', 'UPDATE a SET x = x + 1'],
  ['UPDATE a SET x = x * 10'],
]
const onError = (error: unknown) => assert.fail(String(error))

test('instances that start at once do each step once', { timeout: 60_000 }, async () => {
  await using both = await openTwo()
  const [one, other] = both
  await Promise.all([one, other, one, other].map((store) => migrate(store, 'p', steps)))
  const rows = await other.read((tx) => tx.query('SELECT x FROM a', []))
  assert.deepEqual(
    rows.map(({ x }) => x),
    [20],
  )
  await assert.rejects(migrate(one, 'p', steps.slice(1)), { code: 'NEWER_VERSION' })
})

test('work that only one does begins when that of another instance is committed', { timeout: 60_000 }, async () => {
  await using both = await openTwo()
  await both[0].transaction((tx) => tx.query('CREATE TABLE done (x INTEGER)', []))
  const countAndAdd = (store: Store) =>
    onlyOne(
      store,
      'work',
      async (tx) => (await tx.query('INSERT INTO done SELECT count(*) FROM done RETURNING x', []))[0]?.x,
    )
  assert.deepEqual(await overlap(both, countAndAdd, countAndAdd), [0, 1])
})

test('each line is printed by the instance that handed it in, and by no other', { timeout: 60_000 }, async () => {
  await using both = await openTwo()
  const printed: string[][] = [[], []]
  const printers = await Promise.all(
    both.map((store, i) => openPrinter(store, { onError, write: async (text) => void printed[i]?.push(text) })),
  )
  const told = printers.flatMap((printer, i) => {
    const lines = Array.from({ length: 20 }, (_, n) => `${i} ${n}`)
    return lines.map((line) => both[i]?.transaction((tx) => printer.print(tx, line)))
  })
  await Promise.all(told)
  for (const printer of printers) await printer.close()
  for (const [i, texts] of printed.entries()) {
    const lines = texts.join('').trimEnd().split('\n')
    assert.equal(lines.length, 20)
    assert.ok(
      lines.every((line) => line.startsWith(`${i} `)),
      texts.join(''),
    )
  }
})

test('a line that its instance prints for long is left to it', { timeout: 60_000 }, async () => {
  await using both = await openTwo()
  const longest = { onError, claimMs: 600_000 }
  const printing = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const slow = await openPrinter(both[0], {
    ...longest,
    write() {
      printing.resolve()
      return goOn.promise
    },
  })
  await both[0].transaction((tx) => slow.print(tx, 'theirs'))
  await printing.promise
  const printed: string[] = []
  const other = await openPrinter(both[1], { ...longest, write: async (text) => void printed.push(text) })
  await both[1].transaction((tx) => other.print(tx, 'own'))
  await other.close()
  goOn.resolve()
  await slow.close()
  assert.deepEqual(printed, ['own\n'])
})

test('what an instance that died had not printed, another prints', { timeout: 60_000 }, async () => {
  await using both = await openTwo()
  const dead = await openPrinter(both[0], { onError, claimMs: 200, write: () => new Promise(() => {}) })
  await both[0].transaction((tx) => dead.print(tx, 'kept'))
  const printed: string[] = []
  await using _living = await openPrinter(both[1], {
    onError,
    claimMs: 200,
    write: async (text) => void printed.push(text),
  })
  while (printed.length === 0) await sleep(20)
  assert.deepEqual(printed, ['kept\n'])
})
