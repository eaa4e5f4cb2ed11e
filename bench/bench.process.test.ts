/** The rows that need no broker of others. */
import { testRows } from './quick-rows.fixture.ts'
import { rows } from './rows/index.ts'
import { kafkaRows } from './rows/kafka.ts'
import { postgresRows } from './rows/postgres.ts'
import { rabbitmqRows } from './rows/rabbitmq.ts'

const others = [...rabbitmqRows, ...kafkaRows, ...postgresRows]
testRows(rows.filter((row) => !others.includes(row)))
