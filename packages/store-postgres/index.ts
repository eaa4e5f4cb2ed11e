/** A service's own database in PostgreSQL. */
export type { PostgresStoreOptions } from './options.ts'
export { openPostgresStore, type PostgresStore } from './store.ts'
