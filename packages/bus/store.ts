/**
 * The seam to a service's own database: all that a store implements. `@vestnik/conformance` holds its laws as tests.
 */

/** What may be bound and read. Anything else (undefined, NaN, a boolean, a Date) is refused with `SQL_VALUE`. */
export type SqlValue = string | number | bigint | Uint8Array | null

/** Integers are numbers while they are safe, bigints above 2^53. */
export type Row = Readonly<Record<string, SqlValue>>

/** One open transaction of the service's database, whatever library opened it. */
export interface Tx {
  /**
   * Runs one statement and answers its rows (`RETURNING` included). Placeholders are the dialect's own: `?` in order
   * for sqlite, `$1 …` for postgres. After the transaction's end it rejects with `TX_ENDED`.
   */
  query(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]>
}

export type Dialect = 'sqlite' | 'postgres'

export interface Store<T extends Tx = Tx> {
  readonly dialect: Dialect

  /**
   * Runs the work in a transaction, and resolves with its result when the writes, and all that it read, are durable.
   *
   * Commits are shared: works run strictly one after another, each in a savepoint; a commit closes when none waits, at
   * 200 works or after 5 ms. A work that throws is rolled back alone, and its error comes out here as it is.
   * A work may be called a second time (from its beginning, the first call rolled back), so it keeps nothing outside `tx`.
   * A work awaits only its `tx`: after 1 s it is rolled back with `TX_TOO_SLOW`, and its `tx` is dead.
   * `transaction` or `read` inside a work rejects at once with `TX_NESTED`.
   *
   * Other errors: `COMMIT_UNKNOWN` when nobody can say whether the commit took place (never reported as failed),
   * `COMMIT_FAILED`, `LOCK_TIMEOUT` and `TX_LOST` when it certainly did not, `STORE_CLOSED`.
   */
  transaction<R>(work: (tx: T) => Promise<R>): Promise<R>

  /** Runs the work on one snapshot, never behind a writer. What it read is durable when it resolves. */
  read<R>(work: (tx: T) => Promise<R>): Promise<R>

  /** Calls `wake` after each durable commit, our own or notified by another process. Returns the way to stop it. */
  watch(wake: () => void): () => void

  /** Ends what is queued, then lets go of every resource. Idempotent. */
  close(): Promise<void>
}
