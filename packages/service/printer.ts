/** Lines printed for a person: a row of the handler's transaction, printed after the commit, then deleted. */
import { randomUUID } from 'node:crypto'
import { BusError } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'
import { inBoth } from './column-types.ts'
import { migrate } from './migrate.ts'

export interface Printer extends AsyncDisposable {
  /** Prints the line once the transaction has committed: once, and again only if the process is killed while it prints. */
  print(tx: Tx, text: string): Promise<void>
  /** Prints what is committed, and stops. The rest is printed at the next start. */
  close(): Promise<void>
}

export interface PrinterOptions {
  /** Resolves when the text is written. @default to standard output */
  readonly write?: (text: string) => Promise<void>
  /**
   * Told when the output cannot be written: the lines are kept for the next start. Also when the database cannot be read
   * or written: that is tried again.
   */
  readonly onError: (error: unknown) => void
  /** How long a line waits for the process that handed it in, before another one prints it, in milliseconds. @default 10_000 */
  readonly claimMs?: number
}

const migrations = inBoth(({ whole, numbered }) => [
  [`CREATE TABLE vestnik_lines (seq ${numbered}, text TEXT NOT NULL)`],
  [
    "ALTER TABLE vestnik_lines ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
    `ALTER TABLE vestnik_lines ADD COLUMN owned_until ${whole} NOT NULL DEFAULT 0`,
  ],
])
const atOnce = 100
/** What the database could not do is tried again. */
const againMs = 1000

/**
 * Several processes of a service may print on one database of PostgreSQL: each its own lines, and those of one that died.
 * On SQLite one process prints, and begins with what was left.
 */
export async function openPrinter(store: Store, options: PrinterOptions): Promise<Printer> {
  const { write = writeToOutput, onError, claimMs = 10_000 } = options
  await migrate(store, 'lines', migrations)
  const lines = linesOf(store, claimMs)
  if (store.dialect === 'sqlite') await lines.takeOver(Number.MAX_SAFE_INTEGER)
  const printed = new Set<number>()
  let changed = false
  let running: Promise<void> | undefined
  let broken = false
  let retry: NodeJS.Timeout | undefined

  async function printAll(): Promise<void> {
    try {
      while (changed) {
        changed = false
        while (await printSome(lines, write, printed)) {}
      }
    } catch (error) {
      if (error instanceof BusError) retry ??= setTimeout(again, againMs)
      else await giveUp()
      onError(error)
    } finally {
      running = undefined
    }
  }

  /** Whoever else prints on this database, or the next process, begins with these lines at once. */
  async function giveUp(): Promise<void> {
    broken = true
    await lines.release().catch(() => {})
  }

  function again(): void {
    retry = undefined
    wake()
  }

  /** After every commit: only the table tells what is committed, and what it told while it was read may be older. */
  function wake(): void {
    changed = true
    if (!broken) running ??= printAll()
  }

  const unwatch = store.watch(wake)
  // What an earlier process left waits already, and what another one leaves is looked for.
  wake()
  const looking = setInterval(wake, claimMs / 2).unref()

  async function close(): Promise<void> {
    unwatch()
    clearInterval(looking)
    wake()
    await running
    clearTimeout(retry)
  }

  return {
    print: lines.add,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Prints the oldest lines, and only then forgets them: a kill in between prints them again, and loses none. */
async function printSome(lines: Lines, write: (text: string) => Promise<void>, printed: Set<number>): Promise<boolean> {
  const rows = await lines.own()
  if (rows.length === 0) return false
  const fresh = rows.filter(({ seq }) => !printed.has(seq))
  if (fresh.length > 0) await write(fresh.map(({ text }) => `${text}\n`).join(''))
  // Where they cannot be forgotten now, they are not printed again.
  for (const { seq } of fresh) printed.add(seq)
  const seqs = rows.map(({ seq }) => seq)
  await lines.remove(seqs)
  for (const seq of seqs) printed.delete(seq)
  return true
}

type Lines = ReturnType<typeof linesOf>

/** The lines that wait. Each belongs to one process for a time, and then to whoever takes it. */
function linesOf(store: Store, claimMs: number) {
  const owner = randomUUID()

  async function takeOver(untilMs: number): Promise<void> {
    await store.transaction((tx) =>
      tx.query('UPDATE vestnik_lines SET owner = ?, owned_until = ? WHERE owned_until <= ?', [
        owner,
        Date.now() + claimMs,
        untilMs,
      ]),
    )
  }

  return {
    takeOver,
    async release(): Promise<void> {
      await store.transaction((tx) => tx.query('UPDATE vestnik_lines SET owned_until = 0 WHERE owner = ?', [owner]))
    },
    async add(tx: Tx, text: string): Promise<void> {
      await tx.query('INSERT INTO vestnik_lines (text, owner, owned_until) VALUES (?, ?, ?)', [
        text,
        owner,
        Date.now() + claimMs,
      ])
    },
    /** The oldest ones that are this process's own now. */
    async own(): Promise<readonly { readonly seq: number; readonly text: string }[]> {
      for (;;) {
        const nowMs = Date.now()
        const rows = await store.read((tx) =>
          tx.query(
            `SELECT seq, text, owned_until FROM vestnik_lines WHERE owner = ? OR owned_until <= ? ORDER BY seq LIMIT ?`,
            [owner, nowMs, atOnce],
          ),
        )
        if (rows.every((row) => Number(row.owned_until) > nowMs)) {
          return rows.map(({ seq, text }) => ({ seq: Number(seq), text: String(text) }))
        }
        await takeOver(nowMs)
      }
    },
    async remove(seqs: readonly number[]): Promise<void> {
      const places = seqs.map(() => '?').join(', ')
      await store.transaction((tx) => tx.query(`DELETE FROM vestnik_lines WHERE seq IN (${places})`, seqs))
    },
  }
}

function writeToOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
