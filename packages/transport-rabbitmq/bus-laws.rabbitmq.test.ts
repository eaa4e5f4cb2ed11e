/** The bus keeps every promise on RabbitMQ, with a database file for each service. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { busConformance } from '@vestnik/conformance'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { leaseMs, openForLaws } from './laws.fixture.ts'

const broker = await sharedRabbit()
const folder = mkdtempSync(join(tmpdir(), 'vestnik-rabbitmq-laws-'))
after(async () => {
  rmSync(folder, { recursive: true })
  await broker[Symbol.asyncDispose]()
})

busConformance({
  name: 'the bus on RabbitMQ and store-sqlite',
  openTransport: () => openForLaws(broker.url),
  openStore: (database) => openSqliteStore(join(folder, `${database}.db`)),
  leaseMs,
})
