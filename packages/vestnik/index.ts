/** Vestnik in one install: the bus, the embedded broker, a SQLite store and zod, by the names that a quick start needs. */
export * from '@vestnik/bus'
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '@vestnik/store-sqlite'
export { type OpenedTransport, openTransport, type TransportOptions } from '@vestnik/transport'
export { z } from 'zod'
