/** Stores that break a promise each, made from the SQLite store: what the laws must find. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Row, SqlValue, Store, Tx } from '@vestnik/bus'
import { BusError, type Code, hasCode } from '@vestnik/bus/errors'
import { openSqliteStore } from '@vestnik/store-sqlite'

export interface StoreFault {
  readonly fault: string
  /** The sentences of laws that must find it. */
  readonly breaks: readonly string[]
  /** What it returns replaces parts of the store that it is given. */
  readonly wrap: (store: Store) => Partial<Store>
}

/** Opened by name, so that other processes break the same promise. */
export async function openBrokenStore({ path, fault }: { path: string; fault: string }): Promise<Store> {
  const store = await openSqliteStore(path)
  return { ...store, ...storeFaults.find((it) => it.fault === fault)?.wrap(store) }
}

type Work<R> = (tx: Tx) => Promise<R>
type Query = Tx['query']

/** Breaks what works ask and are answered. */
const querying = (wrap: (query: Query) => Query) => (store: Store) => ({
  transaction: <R>(work: Work<R>) => store.transaction((tx) => work({ query: wrap(tx.query) })),
  read: <R>(work: Work<R>) => store.read((tx) => work({ query: wrap(tx.query) })),
})

const binding = (change: (value: SqlValue) => SqlValue) =>
  querying((query) => (sql, values) => query(sql, values.map(change)))

const answering = (change: (value: SqlValue) => SqlValue) =>
  querying((query) => async (sql, values) => {
    const rows = await query(sql, values)
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, change(value)])))
  })

/** Tells an error of one code as one of another. */
const renaming = (from: Code, to: Code) => (store: Store) => {
  const renamed = (error: unknown): never => {
    throw hasCode(error, from) ? new BusError(to, error.message) : error
  }
  return {
    transaction: <R>(work: Work<R>) => store.transaction(work).catch(renamed),
    read: <R>(work: Work<R>) => store.read(work).catch(renamed),
  }
}

export const storeFaults: readonly StoreFault[] = [
  {
    fault: 'answers nothing',
    breaks: [
      'a transaction resolves with the result of its work',
      'a read resolves with the result of its work, and its error comes out as it is',
    ],
    wrap: (store) => ({
      transaction: (work) => store.transaction(work).then(() => undefined as never),
      read: (work) => store.read(work).then(() => undefined as never),
    }),
  },
  {
    fault: 'loses a write',
    breaks: [
      'what a transaction wrote is there when the store is opened again',
      'a transaction sees what earlier ones wrote, of any store on the database',
      'a statement that fails rejects its work and harms no other',
    ],
    wrap: querying((query) => async (sql, values) => {
      const lost = sql.startsWith('INSERT') && values.some((value) => value === 1 || value === 7)
      return lost ? [] : query(sql, values)
    }),
  },
  {
    fault: 'runs works at once',
    breaks: [
      'works run one after another and never interleave',
      'two processes on one database lose no update',
      'of a killed process every resolved transaction is kept, and of each work all or nothing',
    ],
    wrap: (store) => ({
      transaction: (work) => work({ query: (sql, values) => store.transaction((tx) => tx.query(sql, values)) }),
    }),
  },
  {
    fault: 'serves the last that came first',
    breaks: ['works are run in the order in which they were asked for'],
    wrap(store) {
      const waiting: (() => void)[] = []
      return {
        async transaction(work) {
          await new Promise<void>((go) => {
            waiting.push(go)
            setImmediate(() => waiting.pop()?.())
          })
          return store.transaction(work)
        },
      }
    },
  },
  {
    fault: 'commits each work alone',
    breaks: ['works that wait share commits'],
    wrap(store) {
      let last: Promise<unknown> = Promise.resolve()
      return {
        transaction(work) {
          const mine = last.then(() => store.transaction(work))
          last = mine.catch(() => {})
          return mine
        },
      }
    },
  },
  {
    fault: 'wraps errors',
    breaks: [
      'a work that throws is rolled back alone, and its error comes out as it is',
      'a read resolves with the result of its work, and its error comes out as it is',
    ],
    wrap: (store) => ({
      transaction: (work) =>
        store.transaction(work).catch((cause) => Promise.reject(new Error('it failed', { cause }))),
      read: (work) => store.read(work).catch((cause) => Promise.reject(new Error('it failed', { cause }))),
    }),
  },
  {
    fault: 'lets a throw through at once',
    breaks: ['a work that throws before it is asynchronous is rolled back alone too'],
    wrap: (store) => ({
      transaction(work) {
        const early = work.length === 0 ? work(undefined as never) : undefined
        return early ?? store.transaction(work)
      },
    }),
  },
  {
    fault: 'keeps what a failed work wrote',
    breaks: [
      'a work that throws is rolled back alone, and its error comes out as it is',
      'nothing of a rolled back work can be read, not even by the works behind it in its commit',
    ],
    wrap: (store) => ({
      async transaction(work) {
        const end = await store.transaction((tx) => Promise.allSettled([work(tx)]))
        if (end[0].status === 'rejected') throw end[0].reason
        return end[0].value
      },
    }),
  },
  {
    fault: 'fails all works of a commit for one',
    breaks: [
      'a statement that fails rejects its work and harms no other',
      'a constraint broken at the commit harms only the work that broke it',
    ],
    wrap: together,
  },
  {
    fault: 'calls a work twice without a rollback',
    breaks: ['a work that is called a second time starts clean'],
    wrap: (store) => ({ transaction: (work) => store.transaction((tx) => work(tx).then(() => work(tx))) }),
  },
  {
    fault: 'calls a lock a lost transaction',
    breaks: ['a lock that another process keeps is told as LOCK_TIMEOUT, and ends with that process'],
    wrap: renaming('LOCK_TIMEOUT', 'TX_LOST'),
  },
  {
    fault: 'calls a slow work a lost one',
    breaks: ['a work of more than a second is rolled back with TX_TOO_SLOW, and its tx is dead'],
    wrap: renaming('TX_TOO_SLOW', 'TX_LOST'),
  },
  {
    fault: 'counts the waiting as work',
    breaks: ['a work that waits for its turn is not too slow'],
    wrap: (store) => ({
      async transaction(work) {
        const asked = performance.now()
        const result = await store.transaction(work)
        if (performance.now() - asked > 1000) throw new BusError('TX_TOO_SLOW', 'it took too long')
        return result
      },
    }),
  },
  {
    fault: 'does not see that it is inside a work',
    breaks: ['transaction and read inside a work of the store reject at once with TX_NESTED'],
    wrap(store) {
      const outside = AsyncLocalStorage.snapshot()
      return {
        transaction: (work) => outside(() => store.transaction(work)),
        read: (work) => outside(() => store.read(work)),
      }
    },
  },
  {
    fault: 'takes what comes beside a work for nested',
    breaks: ['a transaction that is asked for beside a running work is not nested'],
    wrap(store) {
      let running = 0
      return {
        async transaction(work) {
          if (running > 0) throw new BusError('TX_NESTED', 'a work runs')
          running += 1
          return store.transaction(work).finally(() => {
            running -= 1
          })
        },
      }
    },
  },
  {
    fault: 'lets a tx live on',
    breaks: ['a statement after the end of its transaction rejects with TX_ENDED and writes nothing'],
    wrap: querying(
      (query) => (sql, values) =>
        query(sql, values).catch((error) => {
          if (hasCode(error, 'TX_ENDED')) return []
          throw error
        }),
    ),
  },
  {
    fault: 'drops what waits when it is closed',
    breaks: ['close ends what is queued, and is idempotent'],
    wrap(store) {
      const closing = Promise.withResolvers<never>()
      closing.promise.catch(() => {})
      return {
        transaction: (work) => Promise.race([store.transaction(work), closing.promise]),
        close() {
          closing.reject(new BusError('STORE_CLOSED', 'it was closed'))
          return store.close()
        },
      }
    },
  },
  {
    fault: 'calls a closed store a lost transaction',
    breaks: ['after a close transaction and read reject with STORE_CLOSED'],
    wrap: renaming('STORE_CLOSED', 'TX_LOST'),
  },
  {
    fault: 'trims text',
    breaks: ['text comes back as it was bound'],
    wrap: binding((value) => (typeof value === 'string' ? value.replace(/\r\n/g, '\n') : value)),
  },
  {
    fault: 'reads large numbers as they come',
    breaks: ['whole numbers come back as numbers while they are safe, as bigints above'],
    wrap: answering((value) => (typeof value === 'bigint' ? Number(value) : value)),
  },
  {
    fault: 'writes whole numbers with a point',
    breaks: ['a whole number in a text column is written without a point'],
    wrap: binding((value) => (value === 5 ? '5.0' : value)),
  },
  {
    fault: 'rounds fractions',
    breaks: ['fractions come back as they were bound'],
    wrap: binding((value) => (typeof value === 'number' ? Math.fround(value) : value)),
  },
  {
    fault: 'takes bytes for text',
    breaks: ['bytes come back as they were bound'],
    wrap: answering((value) => (value instanceof Uint8Array ? Buffer.from(Buffer.from(value).toString()) : value)),
  },
  {
    fault: 'reads null as nothing',
    breaks: ['null comes back as null'],
    wrap: answering((value) => value ?? ''),
  },
  {
    fault: 'takes everything else for null',
    breaks: ['what is no value of SQL is refused with SQL_VALUE and nothing is written'],
    wrap: binding((value) => (typeof value === 'string' || Number.isFinite(value) ? value : null)),
  },
  {
    fault: 'fills missing values up with null',
    breaks: ['a missing value is refused and nothing is written'],
    wrap: querying((query) => (sql, values) => {
      const missing = sql.split('?').length - 1 - values.length
      return query(sql, [...values, ...Array.from({ length: Math.max(0, missing) }, () => null)])
    }),
  },
  {
    fault: 'answers no rows of what it writes',
    breaks: ['a statement answers its rows, those of RETURNING included, else none'],
    wrap: querying((query) => async (sql, values) => {
      const rows = await query(sql, values)
      return sql.startsWith('SELECT') ? rows : []
    }),
  },
  {
    fault: 'remembers what it read',
    breaks: [
      'a read sees every transaction that resolved before it, of any store on the database',
      'a read sees every transaction of another process that resolved before it',
    ],
    wrap(store) {
      const known = new Map<string, Promise<readonly Row[]>>()
      const remembering =
        (query: Query): Query =>
        (sql, values) => {
          const rows = known.get(sql) ?? query(sql, values)
          known.set(sql, rows)
          return rows
        }
      return { read: (work) => store.read((tx) => work({ query: remembering(tx.query) })) }
    },
  },
  {
    fault: 'reads statement by statement',
    breaks: ['all statements of a read see one snapshot'],
    wrap: (store) => ({
      read: (work) => work({ query: (sql, values) => store.read((tx) => tx.query(sql, values)) }),
    }),
  },
  {
    fault: 'queues reads behind writers',
    breaks: ['a read is never behind a writer'],
    wrap: (store) => ({ read: store.transaction }),
  },
  {
    fault: 'wakes nobody',
    breaks: [
      'a watcher is called after a commit, when it can be read',
      'a watcher is called after a commit of another process',
    ],
    wrap: () => ({ watch: () => () => {} }),
  },
  {
    fault: 'wakes those who have gone',
    breaks: ['every watcher is called, and none after it was stopped'],
    wrap: (store) => ({
      watch(wake) {
        store.watch(wake)
        return () => {}
      },
    }),
  },
]

/** Works that are asked for in one turn share a transaction, without a savepoint each. */
function together(store: Store): Partial<Store> {
  let commit: Promise<void> | undefined
  let works: Work<void>[] = []
  return {
    async transaction<R>(work: Work<R>): Promise<R> {
      let result: R | undefined
      works.push(async (tx) => {
        result = await work(tx)
      })
      commit ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        const shared = works
        works = []
        commit = undefined
        return store.transaction(async (tx) => {
          for (const each of shared) await each(tx)
        })
      })
      await commit
      return result as R
    },
  }
}
