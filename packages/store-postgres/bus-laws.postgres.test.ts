/** The bus keeps every promise with a schema of PostgreSQL for each service, on a broker in memory and on the embedded one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { busConformance } from '@vestnik/conformance'
import { memoryBroker } from '@vestnik/testing'
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import { scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { openPostgresStore } from './index.ts'

const server = await sharedPostgres()
const database = await scratchDatabase(server)
const folder = mkdtempSync(join(tmpdir(), 'vestnik-postgres-laws-'))
after(async () => {
  rmSync(folder, { recursive: true })
  await database[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
const openStore = (service: string) => openPostgresStore(database.url, { schema: service.replaceAll('-', '_') })
const broker = memoryBroker()
const leaseMs = 500

busConformance({
  name: 'the bus on the memory transport and store-postgres',
  openTransport: async () => broker.open(),
  openStore,
  leaseMs: 0,
})

busConformance({
  name: 'the bus on the embedded broker and store-postgres',
  openTransport: () => openSqliteTransport(join(folder, 'broker.db'), { leaseMs }),
  openStore,
  leaseMs,
})
