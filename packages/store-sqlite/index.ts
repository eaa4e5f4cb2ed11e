/** A service's own database in SQLite. */
export type { SqliteStoreOptions } from './options.ts'
export { openSqliteStore, type SqliteStore } from './store.ts'
