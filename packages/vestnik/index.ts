/** All of Vestnik in one import: the bus, a SQLite store, the broker that a URL names, and zod's `z` for schemas. */
export * from '@vestnik/bus'
export { openSqliteStore } from '@vestnik/store-sqlite'
export { openTransport } from '@vestnik/transport'
export { z } from 'zod'
