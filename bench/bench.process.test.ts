/** The rows that need no broker of others. */
import { testRows } from './quick-rows.fixture.ts'
import { rows } from './rows/index.ts'
import { kafkaRows } from './rows/kafka.ts'
import { rabbitmqRows } from './rows/rabbitmq.ts'

testRows(rows.filter((row) => !rabbitmqRows.includes(row) && !kafkaRows.includes(row)))
