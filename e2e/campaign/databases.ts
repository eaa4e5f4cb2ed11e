/** The databases of a campaign: files, or a PostgreSQL that is killed and frozen, with a proxy before it. */
import { openTcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { privatePostgres } from '../../tools/databases/postgres.ts'
import { type Books, postgresBooks, sqliteBooks } from './books.ts'
import type { Server } from './brokers.ts'

export const databaseNames = ['sqlite', 'postgres'] as const
export type DatabaseName = (typeof databaseNames)[number]

export interface Databases {
  readonly servers: readonly Server[]
  /** What the services are told of it. */
  readonly environment: Readonly<Record<string, string>>
  readonly books: Books
}

/** A server of its own, which ends with `stack`. */
export async function startDatabases(
  name: DatabaseName,
  dataDir: string,
  stack: AsyncDisposableStack,
): Promise<Databases> {
  if (name === 'sqlite') return { servers: [], environment: {}, books: sqliteBooks(dataDir) }
  const node = stack.use(await privatePostgres())
  const links = stack.use(await openTcpProxy(node.port))
  const url = new URL(node.url)
  url.port = String(links.port)
  return {
    servers: [{ name: 'postgres', node, links }],
    environment: { DATABASE_URL: url.href },
    books: postgresBooks(node.url),
  }
}
