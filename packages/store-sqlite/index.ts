/** A service's own database in SQLite. */
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './store.ts'
