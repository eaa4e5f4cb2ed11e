/** The bus keeps every promise on the readable pair: a broker in memory, stores in files. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { busConformance } from '@vestnik/conformance'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { memoryBroker } from '@vestnik/testing'

const folder = mkdtempSync(join(tmpdir(), 'vestnik-bus-laws-'))
after(() => rmSync(folder, { recursive: true }))
const broker = memoryBroker()

busConformance({
  name: 'the bus on the memory transport and store-sqlite',
  openTransport: async () => broker.open(),
  openStore: (database) => openSqliteStore(join(folder, `${database}.db`)),
  leaseMs: 0,
})
