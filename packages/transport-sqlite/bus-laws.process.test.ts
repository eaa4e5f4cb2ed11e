/** The bus keeps every promise on the embedded pair: one broker file that all share, and a database file for each service. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { busConformance } from '@vestnik/conformance'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { openSqliteTransport } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'vestnik-embedded-laws-'))
after(() => rmSync(folder, { recursive: true }))
const leaseMs = 500

busConformance({
  name: 'the bus on the embedded broker and store-sqlite',
  openTransport: () => openSqliteTransport(join(folder, 'broker.db'), { leaseMs }),
  openStore: (database) => openSqliteStore(join(folder, `${database}.db`)),
  leaseMs,
})
