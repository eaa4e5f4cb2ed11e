/** The bus keeps every promise on Kafka, with a database file for each service. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { busConformance } from '@vestnik/conformance'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { privateKafka } from '../../tools/brokers/kafka.ts'
import { leaseMs, openForLaws, shortSessions, warmUp } from './laws.fixture.ts'

const broker = await privateKafka({ config: shortSessions })
const folder = mkdtempSync(join(tmpdir(), 'vestnik-kafka-laws-'))
after(async () => {
  rmSync(folder, { recursive: true })
  await broker[Symbol.asyncDispose]()
})

await warmUp(broker.url)

busConformance({
  name: 'the bus on Kafka and store-sqlite',
  openTransport: () => openForLaws(broker.url),
  openStore: (database) => openSqliteStore(join(folder, `${database}.db`)),
  leaseMs,
  patienceMs: 60_000,
  deviations: {
    "a peer's message without headers is validated, and its id is what idOf says":
      'a record without headers has its place for an id, which no other record has: what a payload says of itself is less',
  },
})
