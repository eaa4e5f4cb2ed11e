/** Stores for laws and tests: on databases of their own, some of whose commits fail. */
import type { Store } from '@vestnik/bus/store'
import { openPostgresStore, type PostgresStore } from './index.ts'
import { openWithin } from './store.ts'

/** With a password, a database and all: as `openPostgresStore`, with what other processes can be told. */
export function openForLaws({ url, schema }: { readonly url: string; readonly schema: string }): Promise<Store> {
  return openPostgresStore(url, { schema })
}

/** The same database by another port of this host. */
export function through(url: string, port: number): string {
  const other = new URL(url)
  other.port = String(port)
  return other.href
}

/** For laws of what is built on the store: a machine with much else to do breaks none of them. */
export function openPatiently(url: string, schema?: string): Promise<PostgresStore> {
  const limits = { works: 200, commitMs: 5, workMs: 20_000, sharedLockMs: 2_000, lockMs: 10_000, awayMs: 30_000 }
  return openWithin(limits, url, { patienceMs: 60_000, ...(schema !== undefined && { schema }) })
}
