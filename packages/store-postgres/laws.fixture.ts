/** Stores for laws and tests: on databases of their own, some of whose commits fail. */
import type { Store } from '@vestnik/bus/store'
import { openPostgresStore } from './index.ts'

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
