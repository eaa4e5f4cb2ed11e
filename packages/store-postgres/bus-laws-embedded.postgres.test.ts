/** The bus keeps every promise with a schema of PostgreSQL for each service, on the embedded broker. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { busConformance } from '@vestnik/conformance'
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import { scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { openPatiently } from './laws.fixture.ts'

const server = await sharedPostgres()
const database = await scratchDatabase(server)
const folder = mkdtempSync(join(tmpdir(), 'vestnik-postgres-laws-'))
after(async () => {
  rmSync(folder, { recursive: true })
  await database[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
const leaseMs = 500

busConformance({
  name: 'the bus on the embedded broker and store-postgres',
  openTransport: () => openSqliteTransport(join(folder, 'broker.db'), { leaseMs }),
  openStore: (service) => openPatiently(database.url, service.replaceAll('-', '_')),
  leaseMs,
  patienceMs: 60_000,
})
