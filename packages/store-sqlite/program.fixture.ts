/** A program that works on a store: `program.fixture.ts <path> <what> [arguments]`. It prints what it was told, at once. */
import { spawn } from 'node:child_process'
import { readFileSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteStore } from './index.ts'
import { run } from './scratch.fixture.ts'

const [, , path = '', what = '', ...args] = process.argv
const print = (line: string): void => void writeSync(1, `${line}\n`)
const store = await openSqliteStore(path, { checkpointPages: 100 })

const programs: Readonly<Record<string, () => Promise<void>>> = {
  /** Adds rows from 32 callers for so many milliseconds, and prints how many. */
  async flood() {
    let [count, worstMs] = [0, 0]
    const end = performance.now() + Number(args[0])
    const caller = async (): Promise<void> => {
      while (performance.now() < end) {
        const began = performance.now()
        await run(store, 'UPDATE sum SET n = n + 1')
        worstMs = Math.max(worstMs, performance.now() - began)
        count += 1
      }
    }
    await Promise.all(Array.from({ length: 32 }, caller))
    print(`${count} ${Math.round(worstMs)}`)
    await store.close()
  },

  /** Writes until the log has begun anew twice. */
  async pour() {
    await run(store, 'CREATE TABLE mark (text)')
    print('made')
    const logSalt = (): string => readFileSync(`${path}-wal`).toString('hex', 16, 24) // another one each time it begins
    for (const seen = new Set<string>(); seen.size < 3; seen.add(logSalt())) {
      await run(store, 'INSERT INTO mark VALUES (?)', 'x'.repeat(3000))
    }
    print('done')
    await store.close()
  },

  /** Answers transactions and reads, each in a line; some at once, some one after another. */
  async answer() {
    print('open')
    await run(store, 'CREATE TABLE mark (text)')
    print('made')
    const add = (mark: string): Promise<void> => run(store, 'INSERT INTO mark VALUES (?)', mark).then(() => print(mark))
    for (let i = 0; i < 20; i += 1) await add(`one-${i}-after-another`)
    for (let i = 0; i < 5; i += 1) {
      // Asked for in several turns of the event loop, so that syncs and commits overlap.
      const adding = Array.from({ length: 10 }, (_, k) => sleep(k % 3).then(() => add(`many-${i}-${k}-at-once`)))
      const reading = store.read((tx) => tx.query('SELECT max(text) AS last FROM mark', []))
      await Promise.all([...adding, reading])
    }
    await store.close()
  },

  /** Reads the last mark again and again while another process adds some, and prints each new one. */
  async look() {
    const writer = spawn(process.execPath, [import.meta.filename, path, 'add', args[0] ?? ''], { stdio: 'ignore' })
    let seen: unknown = ''
    for (; writer.exitCode === null; await sleep(1)) {
      const [row] = await store.read((tx) => tx.query('SELECT text FROM mark ORDER BY rowid DESC LIMIT 1', []))
      if (row === undefined || row.text === seen) continue
      seen = row.text
      print(`saw ${seen}`)
    }
    await store.close()
  },

  async add() {
    for (let i = 0; i < Number(args[0]); i += 1) await run(store, 'INSERT INTO mark VALUES (?)', `mark-${i}-of-another`)
    await store.close()
  },

  /** Writes until a transaction fails, then prints what became of it and of the next. */
  async fail() {
    const attempt = (i: number): Promise<string> =>
      run(store, 'INSERT INTO mark VALUES (?)', `mark-${i} ${'x'.repeat(2000)}`).then(
        () => 'done',
        (error) => [error.code, error.cause?.code].filter(Boolean).join(' because of '),
      )
    for (let i = 0; i < 5000; i += 1) {
      const told = await attempt(i)
      if (told === 'done') continue
      print(`${i} ${told}`)
      print(await attempt(i))
      break
    }
    await store.close()
  },

  /** Watches, and prints how many milliseconds of processor a second of idleness cost. */
  async idle() {
    store.watch(() => print('woken'))
    await sleep(500)
    const before = process.cpuUsage()
    await sleep(2000)
    const { user, system } = process.cpuUsage(before)
    print(`${(user + system) / 2000}`)
    await store.close()
  },

  /** Ends without closing. */
  async leave() {
    store.watch(() => {})
    await run(store, 'CREATE TABLE IF NOT EXISTS mark (text)')
    for (let i = 0; i < 40; i += 1) await run(store, 'INSERT INTO mark VALUES (?)', 'x'.repeat(600_000))
    print(`left with ${(process.report.getReport() as unknown as { workers: unknown[] }).workers.length} threads`)
  },
}

await programs[what]?.()
