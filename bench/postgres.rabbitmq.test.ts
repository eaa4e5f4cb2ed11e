/** The rows that measure PostgreSQL with RabbitMQ. */
import { after } from 'node:test'
import { shareRabbit } from '../tools/brokers/rabbitmq.ts'
import { sharePostgres } from '../tools/databases/postgres.ts'
import { testRows } from './quick-rows.fixture.ts'
import { postgresRows } from './rows/postgres.ts'

const servers = new AsyncDisposableStack()
servers.use(await shareRabbit())
servers.use(await sharePostgres())
after(() => servers.disposeAsync())

testRows(postgresRows)
