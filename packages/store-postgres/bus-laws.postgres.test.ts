/** The bus keeps every promise with a schema of PostgreSQL for each service, on a broker in memory. */
import { after } from 'node:test'
import { busConformance } from '@vestnik/conformance'
import { memoryBroker } from '@vestnik/testing'
import { scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { openPatiently } from './laws.fixture.ts'

const server = await sharedPostgres()
const database = await scratchDatabase(server)
after(async () => {
  await database[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
const broker = memoryBroker()

busConformance({
  name: 'the bus on the memory transport and store-postgres',
  openTransport: async () => broker.open(),
  openStore: (service) => openPatiently(database.url, service.replaceAll('-', '_')),
  leaseMs: 0,
  patienceMs: 60_000,
})
