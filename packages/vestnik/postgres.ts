/** A service's own database in PostgreSQL: apart from the rest, so that only who uses it loads its client. */
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '@vestnik/store-postgres'
