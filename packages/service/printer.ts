/** Lines printed for a person: a row of the handler's transaction, printed after the commit, then deleted. */
import { BusError } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'
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
}

const migrations = [['CREATE TABLE vestnik_lines (seq INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)']]
const atOnce = 100
/** What the database could not do is tried again. */
const againMs = 1000

/** One process of a service prints: two would print each other's lines. */
export async function openPrinter(store: Store, options: PrinterOptions): Promise<Printer> {
  const { write = writeToOutput, onError } = options
  await migrate(store, 'lines', migrations)
  const printed = new Set<number>()
  let changed = false
  let running: Promise<void> | undefined
  let broken = false
  let retry: NodeJS.Timeout | undefined

  async function printAll(): Promise<void> {
    try {
      while (changed) {
        changed = false
        while (await printSome(store, write, printed)) {}
      }
    } catch (error) {
      onError(error)
      if (error instanceof BusError) retry ??= setTimeout(again, againMs)
      else broken = true
    } finally {
      running = undefined
    }
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
  // What an earlier process left waits already.
  wake()

  async function close(): Promise<void> {
    unwatch()
    wake()
    await running
    clearTimeout(retry)
  }

  return {
    async print(tx, text) {
      await tx.query('INSERT INTO vestnik_lines (text) VALUES (?)', [text])
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Prints the oldest lines, and only then forgets them: a kill in between prints them again, and loses none. */
async function printSome(store: Store, write: (text: string) => Promise<void>, printed: Set<number>): Promise<boolean> {
  const found = await store.read((tx) => tx.query('SELECT seq, text FROM vestnik_lines ORDER BY seq LIMIT ?', [atOnce]))
  if (found.length === 0) return false
  const rows = found.map(({ seq, text }) => ({ seq: Number(seq), text }))
  const fresh = rows.filter(({ seq }) => !printed.has(seq))
  if (fresh.length > 0) await write(fresh.map(({ text }) => `${text}\n`).join(''))
  // Where they cannot be forgotten now, they are not printed again.
  for (const { seq } of fresh) printed.add(seq)
  const places = rows.map(() => '?').join(', ')
  const seqs = rows.map(({ seq }) => seq)
  await store.transaction((tx) => tx.query(`DELETE FROM vestnik_lines WHERE seq IN (${places})`, seqs))
  for (const seq of seqs) printed.delete(seq)
  return true
}

function writeToOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
