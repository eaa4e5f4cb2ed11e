/** The libraries on Node's own SQLite, as each one's drivers for SQLite need a compiler. In a service you use its own driver. */
import { createRequire } from 'node:module'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { drizzle, type SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy'
import knex, { type Knex } from 'knex'
import { Kysely, SqliteDialect } from 'kysely'

type Values = readonly unknown[]

const open = (path: string) => new DatabaseSync(path, { timeout: 2_000 })
const bind = (values: Values) => values as SQLInputValue[]

export function kyselyOn<Database>(path: string): Kysely<Database> {
  const db = open(path)
  const prepare = (sql: string) => {
    const statement = db.prepare(sql)
    return {
      reader: statement.columns().length > 0,
      all: (values: Values) => statement.all(...bind(values)),
      run: (values: Values) => statement.run(...bind(values)),
      iterate: (values: Values) => statement.iterate(...bind(values)),
    }
  }
  return new Kysely({ dialect: new SqliteDialect({ database: { prepare, close: () => db.close() } }) })
}

export function knexOn(path: string): Knex {
  const Client = createRequire(import.meta.url)('knex/lib/dialects/better-sqlite3') as typeof Knex.Client
  class NodeSqlite extends Client {
    _driver() {
      return function connect() {
        const db = open(path)
        return {
          close: () => db.close(),
          prepare(sql: string) {
            const statement = db.prepare(sql)
            return {
              reader: statement.columns().length > 0,
              all: (values: Values) => statement.all(...bind(values)),
              run: (values: Values) => statement.run(...bind(values)),
            }
          },
        }
      }
    }
  }
  return knex({ client: NodeSqlite, connection: { filename: path }, useNullAsDefault: true })
}

export function drizzleOn(path: string): { readonly db: SqliteRemoteDatabase; readonly close: () => void } {
  const connection = open(path)
  const db = drizzle(async (sql, params, method) => {
    const statement = connection.prepare(sql)
    if (method === 'run') {
      statement.run(...bind(params))
      return { rows: [] }
    }
    return { rows: statement.all(...bind(params)) }
  })
  return { db, close: () => connection.close() }
}
