/** Machines that fail, for tests: a disk that cannot sync, a disk that is full, a sync that waits to be let go. */
import { type Connection, connect } from './connection.ts'
import type { Machine } from './store.ts'

export const soundMachine: Machine = { connect, fdatasync: (_fd, done) => setImmediate(done) }

/** Every sync of the log fails. */
export const unsyncedMachine: Machine = {
  connect,
  fdatasync: (_fd, done) => setImmediate(done, new Error('EIO: i/o error, fdatasync')),
}

/** Every COMMIT fails with this result code of SQLite. */
export function refusingMachine(errcode: number, times: number = Number.POSITIVE_INFINITY): Machine {
  let left = times
  const refuse = (): boolean => {
    left -= 1
    return left >= 0
  }
  return { ...soundMachine, connect: (path, options) => refusing(connect(path, options), errcode, refuse) }
}

function refusing(connection: Connection, errcode: number, refuse: () => boolean): Connection {
  const { db } = connection
  const prepare: typeof db.prepare = (sql) => {
    const statement = db.prepare(sql)
    if (sql !== 'COMMIT') return statement
    const get = (): ReturnType<typeof statement.get> => {
      if (refuse()) throw Object.assign(new Error('refused'), { code: 'ERR_SQLITE_ERROR', errcode })
      return statement.get()
    }
    return Object.assign(Object.create(statement), { get })
  }
  const facade = new Proxy(db, {
    get: (target, name) => {
      if (name === 'prepare') return prepare
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { ...connection, db: facade }
}
